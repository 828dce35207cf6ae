//! A test aid: places at which a process can be told to die, to show that nothing is lost there.
//!
//! `CHAMADA_FAIL_AT=<point>:<n>` makes the process abort when it comes to that point for the n-th time. Unset, passing a point costs one load.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where to die, and how many passings are left.
struct FailAt {
    point: String,
    left: AtomicU64,
}

static FAIL_AT: OnceLock<Option<FailAt>> = OnceLock::new();

fn read(text: &str) -> Option<FailAt> {
    let (point, times) = text.split_once(':')?;
    let left = times.parse().ok().filter(|times| *times > 0)?;
    Some(FailAt {
        point: point.to_owned(),
        left: AtomicU64::new(left),
    })
}

impl FailAt {
    /// Whether this passing of `point` is the one to die at.
    fn is_due(&self, point: &str) -> bool {
        self.point == point && self.left.fetch_sub(1, Ordering::SeqCst) == 1
    }
}

/// Passes a named point. Aborts the process, without unwinding and without telling anyone, where the environment asks for it.
pub fn pass(point: &str) {
    let asked = FAIL_AT.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "the environment is read in this crate alone")]
        let text = std::env::var("CHAMADA_FAIL_AT").ok()?;
        read(&text)
    });
    if asked.as_ref().is_some_and(|asked| asked.is_due(point)) {
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_at_the_nth_passing_of_its_point_alone() {
        let asked = read("after-raw:3").unwrap();
        assert!(!asked.is_due("after-commit"));
        assert!(!asked.is_due("after-raw") && !asked.is_due("after-raw"));
        assert!(asked.is_due("after-raw"));
        assert!(!asked.is_due("after-raw"));
        for nonsense in ["", "after-raw", "after-raw:0", "after-raw:x"] {
            assert!(read(nonsense).is_none(), "{nonsense}");
        }
    }
}
