//! Inputs made from inputs, the same ones for the same seed on every machine.

use ottla_io::sim::Dice;

/// Numbers that decoders trip over when they stand where a length, a count or an offset is expected.
const HOSTILE: &[i64] =
    &[-1, 0, 1, 2, 127, 128, 255, 256, 32_767, 32_768, 65_535, 0x7fff_fff0, 0x7fff_ffff, i64::MAX, i64::MIN];

/// No input grows beyond this.
const LEN_MAX: usize = 1 << 16;

/// A copy of `seed` with one to four changes; some borrow bytes from `other`.
pub fn mutate(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut input = seed.to_vec();
    for _ in 0..=below(dice, 4) {
        change(&mut input, other, dice);
    }
    input.truncate(LEN_MAX);
    input
}

fn change(input: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let at = below(dice, input.len());
    match below(dice, 9) {
        0 => flip_bit(input, at, dice),
        1 => set_byte(input, at, dice.roll() as u8),
        2 => input.truncate(at),
        3 => insert_noise(input, at, dice),
        4 => drop(input.drain(at..(at + below(dice, 16)).min(input.len()))),
        5 => repeat_range(input, at, dice),
        6 => splice(input, at, other, dice),
        7 => overwrite(input, at, &hostile_number(dice)),
        _ => overwrite(input, at, &hostile_varint(dice)),
    }
}

/// A number below `bound`; 0 when there is none.
pub fn below(dice: &mut Dice, bound: usize) -> usize {
    if bound == 0 { 0 } else { dice.below(bound as u64) as usize }
}

fn flip_bit(input: &mut [u8], at: usize, dice: &mut Dice) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << below(dice, 8);
    }
}

fn set_byte(input: &mut [u8], at: usize, value: u8) {
    if let Some(byte) = input.get_mut(at) {
        *byte = value;
    }
}

fn insert_noise(input: &mut Vec<u8>, at: usize, dice: &mut Dice) {
    let noise: Vec<u8> = (0..=below(dice, 8)).map(|_| dice.roll() as u8).collect();
    input.splice(at..at, noise);
}

fn repeat_range(input: &mut Vec<u8>, at: usize, dice: &mut Dice) {
    let end = (at + below(dice, 64)).min(input.len());
    let range = input[at..end].to_vec();
    input.splice(at..at, range);
}

fn splice(input: &mut Vec<u8>, at: usize, other: &[u8], dice: &mut Dice) {
    input.truncate(at);
    input.extend_from_slice(&other[below(dice, other.len())..]);
}

fn hostile_number(dice: &mut Dice) -> Vec<u8> {
    let number = HOSTILE[below(dice, HOSTILE.len())].to_be_bytes();
    let width = [1, 2, 4, 8][below(dice, 4)];
    number[8 - width..].to_vec()
}

/// A number of any size in seven bits a byte, sometimes longer than any that fits.
fn hostile_varint(dice: &mut Dice) -> Vec<u8> {
    let len = 1 + below(dice, 11);
    let mut bytes = vec![0xff; len];
    bytes[len - 1] = below(dice, 128) as u8;
    bytes
}

fn overwrite(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = (at + bytes.len()).min(input.len());
    input.splice(at..end, bytes.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_inputs() {
        let inputs = |seed| {
            let mut dice = Dice::new(seed);
            (0..100).map(|_| mutate(b"some bytes to begin from", b"others", &mut dice)).collect::<Vec<_>>()
        };
        assert_eq!(inputs(7), inputs(7));
        assert_ne!(inputs(7), inputs(8));
    }

    #[test]
    fn an_empty_input_can_be_changed() {
        let mut dice = Dice::new(1);
        let grown = (0..1000).filter(|_| !mutate(b"", b"", &mut dice).is_empty()).count();
        assert!(grown > 0);
    }
}
