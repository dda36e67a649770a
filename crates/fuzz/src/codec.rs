//! What holds for every codec.

use ottla_record::{Codec, Compressor, Decompressor};

/// Most bytes that an input may expand to.
const LIMIT: usize = 1 << 18;

/// Reads the input as a compressed stream, and compresses it as if it were records.
pub(crate) fn check(codec: Codec, input: &[u8]) {
    let mut decompressor = Decompressor::with_limit(LIMIT);
    if let Ok(output) = decompressor.decompress(codec, input) {
        assert!(output.len() <= LIMIT, "more comes out than the limit allows");
        let output = output.to_vec();
        check_comes_back(codec, &output);
    }
    assert!(decompressor.retained_bytes() <= LIMIT + 1, "the buffer exceeds the limit");
    check_comes_back(codec, input);
}

fn check_comes_back(codec: Codec, content: &[u8]) {
    let mut compressed = Vec::new();
    Compressor::new()
        .compress(codec.into(), content, &mut compressed)
        .expect("default levels need little memory");
    let mut decompressor = Decompressor::with_limit(content.len());
    assert_eq!(decompressor.decompress(codec, &compressed), Ok(content));
}

/// Streams of the codec: of nothing, of little, of several blocks that compress well, and of some that do
/// not.
pub(crate) fn seeds(codec: Codec) -> Vec<Vec<u8>> {
    let noise = (0..3000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let contents: [Vec<u8>; 4] = [Vec::new(), b"a little".to_vec(), b"again and ".repeat(7000), noise];
    let compressed = contents.map(|content| {
        let mut compressed = Vec::new();
        Compressor::new()
            .compress(codec.into(), &content, &mut compressed)
            .expect("default levels need little memory");
        compressed
    });
    let concatenated = [&compressed[1][..], &compressed[2]].concat();
    compressed.into_iter().chain([concatenated]).collect()
}
