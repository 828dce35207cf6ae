//! Chance that can be repeated: the same seed, stream and position give the same number, whoever asks and in whatever order.

/// One throw: a number in `0.0..1.0`.
pub(crate) fn unit(seed: u64, stream: &str, position: u64) -> f64 {
    // 53 bits are what an f64 holds exactly.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit an f64 without loss")]
    let value = (mix(seed, stream, position) >> 11) as f64;
    value / 9_007_199_254_740_992.0
}

/// One throw: a number in `0..below` (0 where `below` is 0).
pub(crate) fn below(seed: u64, stream: &str, position: u64, below: u64) -> u64 {
    if below == 0 { 0 } else { mix(seed, stream, position) % below }
}

/// SplitMix64 over an FNV-1a digest of the stream's name: not for secrets, good enough for dice.
fn mix(seed: u64, stream: &str, position: u64) -> u64 {
    let name = stream.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut z = seed ^ name.rotate_left(17) ^ position.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for _ in 0..2 {
        z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_itself_and_differs_by_seed_stream_and_position() {
        assert_eq!(mix(1, "PutItem", 7), mix(1, "PutItem", 7));
        assert_ne!(mix(1, "PutItem", 7), mix(2, "PutItem", 7));
        assert_ne!(mix(1, "PutItem", 7), mix(1, "GetItem", 7));
        assert_ne!(mix(1, "PutItem", 7), mix(1, "PutItem", 8));
    }

    #[test]
    fn is_even_enough() {
        let hits = (0..10_000).filter(|n| unit(42, "x", *n) < 0.2).count();
        assert!((1_800..2_200).contains(&hits), "{hits} of 10,000 below 0.2");
        assert!((0..1_000).all(|n| below(42, "y", n, 3) < 3));
    }
}
