//! Counting allocations: some paths of ours promise none.
#![allow(
    unsafe_code,
    reason = "an allocator cannot be wrapped without it; every call goes on to the system's own"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counting what this thread asks of it.
#[derive(Debug)]
pub struct Counting;

thread_local! {
    // Const-initialised and without a destructor, so that touching it never allocates itself.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Allocations and reallocations of this thread so far; 0 for ever where [`Counting`] is not the allocator.
pub fn count() -> u64 {
    COUNT.with(Cell::get)
}

fn add_one() {
    COUNT.with(|count| count.set(count.get() + 1));
}

// SAFETY: every method hands its arguments unchanged to the system's allocator, which upholds the contract; counting
// neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add_one();
        // SAFETY: the caller's promises are passed on as they are.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add_one();
        // SAFETY: the caller's promises are passed on as they are.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        add_one();
        // SAFETY: the caller's promises are passed on as they are.
        unsafe { System.realloc(pointer, layout, new_size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on as they are.
        unsafe { System.dealloc(pointer, layout) }
    }
}
