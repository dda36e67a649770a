//! Bytes that Apache Kafka 4.3 wrote, for the tests of all modules.

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.bytes().map(|digit| (digit as char).to_digit(16).expect("a hex digit") as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Base offset 100, leader epoch 9, producer 7 of epoch 3 from sequence 5, transactional; at 1000 `k1` = `v1`
/// with the header `h` = `x`, at 1002 null = `v2`.
pub(crate) fn transactional_batch() -> Vec<u8> {
    unhex(
        "0000000000000064000000490000000902bb64ad2300100000000100000000000003e800000000000003ea0000000000\
         000007000300000005000000021c000000046b310476310202680278100004020104763200",
    )
}

/// Commit marker of producer 7 of epoch 3 by coordinator epoch 4, offset 5, leader epoch 9, at 1000.
pub(crate) fn commit_marker() -> Vec<u8> {
    unhex(
        "0000000000000005000000420000000902c7897df300300000000000000000000003e800000000000003e80000000000\
         0000070003ffffffff000000012000000008000000010c00000000000400",
    )
}
