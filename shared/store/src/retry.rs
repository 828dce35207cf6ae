//! Pauses between attempts.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// How many pauses there are; then it is time to give up.
const PAUSES: u32 = 11;
/// The longest, in milliseconds.
const LONGEST: u64 = 400;

/// Pauses that grow, each of another length than those of whoever else waits for the same item.
#[derive(Debug, Default)]
pub(crate) struct Pauses {
    made: u32,
}

impl Pauses {
    /// Waits a little longer than the last time; false, at once, where it has been enough.
    pub(crate) async fn wait(&mut self) -> bool {
        match self.next() {
            Some(pause) => {
                tokio::time::sleep(pause).await;
                true
            }
            None => false,
        }
    }

    fn next(&mut self) -> Option<Duration> {
        if self.made == PAUSES {
            return None;
        }
        let longest = (5_u64 << self.made.min(8)).min(LONGEST);
        self.made += 1;
        // A hasher's random keys are spread enough, and need not be secret.
        let spread = RandomState::new().build_hasher().finish() % longest;
        Some(Duration::from_millis(longest / 2 + spread / 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let mut pauses = Pauses::default();
        let waits: Vec<u128> = std::iter::from_fn(|| pauses.next()).map(|pause| pause.as_millis()).collect();
        assert_eq!(waits.len(), 11);
        assert!(waits[0] <= 5 && waits.iter().all(|wait| *wait <= 400), "{waits:?}");
        assert!(waits[7..].iter().all(|wait| *wait >= 200), "{waits:?}");
    }
}
