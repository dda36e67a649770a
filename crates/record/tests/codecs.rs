//! Codecs: what goes in comes out, and nothing that comes in does harm.

use ottla_record::{Codec, Compression, Compressor, DecompressError, Decompressor};
use proptest::collection::vec;
use proptest::prelude::*;

const COMPRESSING: [Codec; 4] = [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

fn compressed(compression: impl Into<Compression>, input: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    Compressor::new()
        .compress(compression.into(), input, &mut output)
        .expect("the default needs little memory");
    output
}

/// Text that compresses about as records do, longer than every codec's block.
fn text() -> Vec<u8> {
    (0..20_000).flat_map(|n: u32| format!("{} ", n.wrapping_mul(2_654_435_761) >> 16).into_bytes()).collect()
}

fn input() -> impl Strategy<Value = Vec<u8>> {
    let noise = vec(any::<u8>(), 0..2000);
    let runs = vec((any::<u8>(), 0..3000usize), 0..60).prop_map(|runs| {
        runs.into_iter().flat_map(|(byte, count)| std::iter::repeat_n(byte, count)).collect()
    });
    prop_oneof![noise, runs]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn comes_back(input in input()) {
        let mut decompressor = Decompressor::with_limit(input.len());
        for codec in Codec::ALL {
            let bytes = compressed(codec, &input);
            prop_assert_eq!(decompressor.decompress(codec, &bytes), Ok(&input[..]), "{}", codec);
        }
    }

    #[test]
    fn garbage_does_no_harm(garbage in vec(any::<u8>(), 0..300), codec in 1..5u8) {
        let codec = Codec::from_id(codec).expect("a codec");
        let mut decompressor = Decompressor::with_limit(10_000);
        if let Ok(output) = decompressor.decompress(codec, &garbage) {
            prop_assert!(output.len() <= 10_000);
        }
        prop_assert!(decompressor.retained_bytes() <= 10_001);
    }

    #[test]
    fn a_flipped_bit_does_no_harm(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let input = &text()[..1000];
        for codec in COMPRESSING {
            let mut bytes = compressed(codec, input);
            let at = at.index(bytes.len());
            bytes[at] ^= 1u8 << bit;
            let mut decompressor = Decompressor::with_limit(input.len());
            if let Ok(output) = decompressor.decompress(codec, &bytes) {
                prop_assert!(output.len() <= input.len());
            }
        }
    }
}

#[test]
fn levels_all_come_back() {
    let input = &text()[..70_000];
    let mut compressor = Compressor::new();
    let mut decompressor = Decompressor::with_limit(input.len());
    for (codec, levels) in [(Codec::Gzip, [-1, 1, 9]), (Codec::Lz4, [1, 9, 17]), (Codec::Zstd, [-5, 1, 19])] {
        for level in levels {
            let compression = Compression::with_level(codec, level).expect("a level of the codec");
            let mut output = Vec::new();
            compressor.compress(compression, input, &mut output).expect("enough memory");
            assert!(output.len() < input.len(), "{codec} {level}");
            assert_eq!(decompressor.decompress(codec, &output), Ok(input), "{codec} {level}");
        }
    }
}

#[test]
fn incompressible_bytes_grow_by_little() {
    let mut state = 1u64;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    let input: Vec<u8> = (0..200_000).map(|_| byte()).collect();
    for codec in COMPRESSING {
        let output = compressed(codec, &input);
        assert!(output.len() < input.len() + input.len() / 500, "{codec}: {}", output.len());
        assert_eq!(
            Decompressor::with_limit(input.len()).decompress(codec, &output),
            Ok(&input[..]),
            "{codec}"
        );
    }
}

#[test]
fn the_limit_is_exact() {
    let input = text();
    for codec in Codec::ALL {
        let bytes = compressed(codec, &input);
        for limit in [0, 1, 1000, input.len() - 1] {
            let result = Decompressor::with_limit(limit).decompress(codec, &bytes).map(<[u8]>::len);
            assert_eq!(result, Err(DecompressError::TooLarge { codec, limit }));
        }
        assert_eq!(
            Decompressor::with_limit(input.len()).decompress(codec, &bytes),
            Ok(&input[..]),
            "{codec}"
        );
    }
}

#[test]
fn bombs_stop_at_the_limit() {
    let bomb = vec![0; 16 << 20];
    for codec in COMPRESSING {
        let bytes = compressed(codec, &bomb);
        assert!(bytes.len() < 1 << 20, "{codec}");
        let mut decompressor = Decompressor::with_limit(100_000);
        let result = decompressor.decompress(codec, &bytes).map(<[u8]>::len);
        assert_eq!(result, Err(DecompressError::TooLarge { codec, limit: 100_000 }));
        assert!(decompressor.retained_bytes() <= 100_001, "{codec}: {}", decompressor.retained_bytes());
    }
}

#[test]
fn every_cut_is_noticed() {
    let input = &text()[..40_000];
    let mut decompressor = Decompressor::with_limit(input.len());
    for codec in COMPRESSING {
        let bytes = compressed(codec, input);
        for size in (1..bytes.len()).filter(|size| size % 97 == 0 || size + 20 > bytes.len()) {
            // Snappy's stream has no end mark: cut between blocks, or in a block's length, it is a shorter
            // stream.
            if let Ok(output) = decompressor.decompress(codec, &bytes[..size]) {
                assert!(codec == Codec::Snappy && output.len() < input.len(), "{codec} cut to {size}");
            }
        }
        // After so many errors the contexts must still work.
        assert_eq!(decompressor.decompress(codec, &bytes), Ok(input), "{codec}");
    }
}

#[test]
fn lying_sizes_allocate_nothing() {
    let lies: [(Codec, &[u8]); 4] = [
        // A raw block that claims 4 GiB less one.
        (Codec::Snappy, &[0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x41]),
        // A block of a stream that claims 2 GiB less one.
        (Codec::Snappy, b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01\x7f\xff\xff\xff\x01\x00\x41"),
        // A frame with the content size of 2^62, whose only block is empty.
        (Codec::Zstd, &[0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x01, 0, 0]),
        // A frame of 4 MiB blocks with one that claims 4 MiB.
        (Codec::Lz4, &[0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73, 0x00, 0x00, 0x40, 0x00, 0x41]),
    ];
    for (codec, lie) in lies {
        let mut decompressor = Decompressor::with_limit(1 << 30);
        decompressor.decompress(codec, lie).expect_err("a lie");
        assert!(decompressor.retained_bytes() <= 256 * 1024, "{codec}: {}", decompressor.retained_bytes());
    }
}

#[test]
fn gzip_members_follow_each_other_and_rubbish_ends_them() {
    let mut bytes = compressed(Codec::Gzip, b"first ");
    bytes.extend(compressed(Codec::Gzip, b"second"));
    bytes.extend(b"no member at all");
    assert_eq!(Decompressor::with_limit(12).decompress(Codec::Gzip, &bytes), Ok(&b"first second"[..]));
}

#[test]
fn gzip_headers_may_have_every_field() {
    let plain = compressed(Codec::Gzip, b"content");
    let mut bytes = plain[..10].to_vec();
    bytes[3] = 0x04 | 0x08 | 0x10;
    bytes.extend(b"\x03\0abcname\0comment\0");
    bytes.extend(&plain[10..]);
    assert_eq!(Decompressor::with_limit(7).decompress(Codec::Gzip, &bytes), Ok(&b"content"[..]));
    bytes[3] |= 0x02;
    let error = Decompressor::with_limit(7).decompress(Codec::Gzip, &bytes).expect_err("no header checksum");
    assert!(matches!(error, DecompressError::Corrupt { .. }));
}

#[test]
fn gzip_trailers_are_compared() {
    let mut bytes = compressed(Codec::Gzip, b"content");
    let last = bytes.len() - 1;
    for at in [last, last - 7] {
        bytes[at] ^= 1;
        let error = Decompressor::with_limit(7).decompress(Codec::Gzip, &bytes).expect_err("a wrong trailer");
        assert_eq!(error.to_string(), "gzip data is corrupt: its trailer does not match its bytes");
        bytes[at] ^= 1;
    }
}

#[test]
fn snappy_without_stream_header_is_one_block() {
    let input = text();
    let raw = snap::raw::Encoder::new().compress_vec(&input).expect("compressible");
    assert_eq!(Decompressor::with_limit(input.len()).decompress(Codec::Snappy, &raw), Ok(&input[..]));
}

#[test]
fn snappy_streams_follow_each_other() {
    let mut bytes = compressed(Codec::Snappy, b"first ");
    bytes.extend(compressed(Codec::Snappy, b"second"));
    assert_eq!(Decompressor::with_limit(12).decompress(Codec::Snappy, &bytes), Ok(&b"first second"[..]));
}

#[test]
fn zstd_frames_follow_each_other() {
    let mut bytes = compressed(Codec::Zstd, b"first ");
    bytes.extend(compressed(Codec::Zstd, b"second"));
    assert_eq!(Decompressor::with_limit(12).decompress(Codec::Zstd, &bytes), Ok(&b"first second"[..]));
}

#[test]
fn lz4_frames_are_read_in_every_shape_that_kafka_reads() {
    use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
    use std::io::Write;

    let input = text();
    let frame = |info: FrameInfo| {
        let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
        encoder.write_all(&input).expect("into memory");
        encoder.finish().expect("into memory")
    };
    let mut decompressor = Decompressor::with_limit(input.len());
    for size in [BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max1MB, BlockSize::Max4MB] {
        let plain = FrameInfo::new().block_size(size);
        let full = FrameInfo::new().block_size(size).block_checksums(true).content_checksum(true);
        for info in [plain, full.content_size(Some(input.len() as u64))] {
            let bytes = frame(info);
            assert_eq!(decompressor.decompress(Codec::Lz4, &bytes), Ok(&input[..]));
        }
    }
    let mut broken = frame(FrameInfo::new().block_checksums(true));
    let middle = broken.len() / 2;
    broken[middle] ^= 1;
    decompressor.decompress(Codec::Lz4, &broken).expect_err("a block does not match its checksum");
    let linked = frame(FrameInfo::new().block_mode(BlockMode::Linked));
    let error = decompressor.decompress(Codec::Lz4, &linked).expect_err("Kafka refuses such blocks");
    assert_eq!(error.to_string(), "lz4 data is corrupt: its blocks depend on each other");
    let mut bytes = compressed(Codec::Lz4, &input);
    bytes[6] ^= 1;
    let error = decompressor.decompress(Codec::Lz4, &bytes).expect_err("a wrong header checksum");
    assert_eq!(error.to_string(), "lz4 data is corrupt: its header does not match its checksum");
}

#[test]
fn an_unusual_batch_can_be_forgotten() {
    let mut decompressor = Decompressor::with_limit(1 << 20);
    decompressor.decompress(Codec::Lz4, &compressed(Codec::Lz4, &text())).expect("valid");
    decompressor.shrink_to(1000);
    assert!(decompressor.retained_bytes() <= 1000);
    assert_eq!(decompressor.decompress(Codec::Lz4, &compressed(Codec::Lz4, b"next")), Ok(&b"next"[..]));
}
