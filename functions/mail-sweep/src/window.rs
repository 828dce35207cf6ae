//! The messages that are under way at once: their order, and which must wait for which.
//!
//! Many may be read and written at the same time, and the result is as if each had waited for the one before: messages that have to do with
//! each other (a sender, a Message-ID, a ticket) go one after the other, and all are decided, and their tickets numbered, in their order.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::Shared;
use tokio::sync::oneshot;

/// Something that two messages may have in common. A chance collision makes one wait needlessly, no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key(u64);

impl Key {
    pub(crate) fn new(kind: &str, what: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (kind, what).hash(&mut hasher);
        Self(hasher.finish())
    }
}

type Done = Shared<oneshot::Receiver<()>>;

/// For each key the newest message that has it, and its end.
type Latest = Arc<Mutex<HashMap<Key, (u64, Done)>>>;

fn locked(latest: &Latest) -> MutexGuard<'_, HashMap<Key, (u64, Done)>> {
    latest.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A gate that messages pass in their order. A message that ends without passing lets the next one through.
struct Gate {
    before: Option<oneshot::Receiver<()>>,
    after: Option<oneshot::Sender<()>>,
}

impl Gate {
    async fn reach(&mut self) {
        if let Some(before) = self.before.take() {
            // The one before either passed or ended: both open the gate.
            let _ = before.await;
        }
    }

    fn pass(&mut self) {
        self.after = None;
    }
}

/// Hands out places in the order of the messages.
#[derive(Default)]
pub(crate) struct Window {
    next: u64,
    named: Option<oneshot::Receiver<()>>,
    decided: Option<oneshot::Receiver<()>>,
    latest: Latest,
}

/// A message's place.
pub(crate) struct Place {
    id: u64,
    naming: Gate,
    deciding: Gate,
    latest: Latest,
    keys: Vec<Key>,
    done: Done,
    /// Dropped at the message's end, which is what others wait for.
    _end: oneshot::Sender<()>,
}

impl Window {
    /// The place behind all that were given before.
    pub(crate) fn place(&mut self) -> Place {
        let gate = |last: &mut Option<oneshot::Receiver<()>>| {
            let (after, next) = oneshot::channel();
            Gate {
                before: last.replace(next),
                after: Some(after),
            }
        };
        let (end, done) = oneshot::channel();
        let place = Place {
            id: self.next,
            naming: gate(&mut self.named),
            deciding: gate(&mut self.decided),
            latest: Arc::clone(&self.latest),
            keys: Vec::new(),
            done: done.shared(),
            _end: end,
        };
        self.next += 1;
        place
    }
}

impl Place {
    /// Names what this message has to do with, in its turn, and waits until every earlier one with any of it has ended.
    pub(crate) async fn name(&mut self, keys: Vec<Key>) {
        self.naming.reach().await;
        let earlier: Vec<Done> = {
            let mut latest = locked(&self.latest);
            let done = &self.done;
            let before = keys.iter().filter_map(|key| latest.insert(*key, (self.id, done.clone())));
            // One that stands there under this message's own id is this message, naming the same thing twice.
            before.filter(|(id, _)| *id != self.id).map(|(_, done)| done).collect()
        };
        self.keys = keys;
        self.naming.pass();
        for done in earlier {
            let _ = done.await;
        }
    }

    /// Waits for this message's turn to be decided.
    pub(crate) async fn turn(&mut self) {
        self.deciding.reach().await;
    }

    /// Lets the next message be decided.
    pub(crate) fn decided(&mut self) {
        self.deciding.pass();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut latest = locked(&self.latest);
        for key in &self.keys {
            if latest.get(key).is_some_and(|(id, _)| *id == self.id) {
                latest.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Runs messages that take these times and have these keys; the order in which they were decided, and in which they ended.
    async fn order(messages: &[(u64, &str)]) -> (Vec<usize>, Vec<usize>) {
        let mut window = Window::default();
        let (decided, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let mut tasks = tokio::task::JoinSet::new();
        for (n, (time, key)) in messages.iter().enumerate() {
            let (mut place, time, key) = (window.place(), *time, Key::new("from", key));
            let (decided, ended) = (decided.clone(), ended.clone());
            tasks.spawn(async move {
                tokio::time::sleep(Duration::from_millis(time)).await;
                place.name(vec![key, key]).await;
                place.turn().await;
                decided.lock().unwrap().push(n);
                place.decided();
                tokio::time::sleep(Duration::from_millis(time)).await;
                ended.lock().unwrap().push(n);
            });
        }
        while tasks.join_next().await.is_some() {}
        assert!(locked(&window.latest).is_empty(), "what ended is forgotten");
        let taken = |list: &Mutex<Vec<usize>>| list.lock().unwrap().clone();
        (taken(&decided), taken(&ended))
    }

    #[tokio::test]
    async fn decisions_keep_the_order_and_ends_need_not() {
        let (decided, ended) = order(&[(60, "a"), (1, "b"), (30, "c")]).await;
        assert_eq!(decided, [0, 1, 2]);
        assert_eq!(ended, [1, 2, 0]);
    }

    #[tokio::test]
    async fn those_with_something_in_common_wait_for_each_other() {
        let (decided, ended) = order(&[(40, "a"), (1, "a"), (1, "b"), (1, "a")]).await;
        assert_eq!(decided, [0, 1, 2, 3]);
        let alone: Vec<usize> = ended.iter().copied().filter(|n| *n != 2).collect();
        assert_eq!(alone, [0, 1, 3]);
    }

    #[tokio::test]
    async fn one_that_is_lost_holds_up_nobody() {
        let mut window = Window::default();
        let lost = window.place();
        let mut next = window.place();
        drop(lost);
        next.name(vec![Key::new("from", "a")]).await;
        next.turn().await;
    }
}
