//! A proxy that takes a guard away: for showing that a harness which guards against loss would notice.
//!
//! Every harness that never failed may be one that cannot fail. This proxy breaks the product from outside, one guard at a time, with no
//! switch inside it that somebody could leave on.

use crate::proxy::{Call, Handler, Outcome, Proxy, Upstream};
use serde_json::{Map, Value};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// What is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The ledger forgets: rows of the mailboxes' ledgers are not written.
    Ledger,
    /// Nobody's place in a history is kept free: conditions on a ticket's row and entries are dropped.
    Sequence,
    /// Anybody holds the lease: conditions on a mailbox's lease are dropped.
    Fence,
    /// Anybody may take, complete or end an upload, whatever became of it: conditions on uploads are dropped.
    Upload,
    /// Everybody is an administrator, who may do all: roles are changed in every account that is read. What decides on permissions is left as it
    /// is, and lets everybody through.
    Permission,
    /// Nobody remembers what has to go with erased words: the records of erasures are not written.
    Erasure,
    /// Evidence waits for whoever makes it, whatever was erased meanwhile: its records are not deleted.
    Evidence,
}

/// The running proxy; it ends when dropped.
pub struct Unguarded {
    proxy: Proxy,
    state: Arc<State>,
}

struct State {
    guard: Guard,
    taken: AtomicU64,
}

impl Unguarded {
    /// Starts a proxy without this guard before the engine at `upstream`.
    #[must_use]
    pub fn start(upstream: &str, guard: Guard) -> Self {
        Self::launch(Some(upstream.to_owned()), guard)
    }

    /// Starts a proxy without this guard; the engine is named later, by [`Self::attach`].
    #[must_use]
    pub fn unattached(guard: Guard) -> Self {
        Self::launch(None, guard)
    }

    fn launch(upstream: Option<String>, guard: Guard) -> Self {
        let state = Arc::new(State {
            guard,
            taken: AtomicU64::new(0),
        });
        Self {
            proxy: Proxy::start(upstream, Arc::clone(&state)),
            state,
        }
    }

    /// Names the engine.
    pub fn attach(&self, upstream: &str) {
        self.proxy.attach(upstream);
    }

    /// Where the SDK should send its requests.
    #[must_use]
    pub fn url(&self) -> String {
        self.proxy.url()
    }

    /// How often the guard was there and was taken away.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.state.taken.load(Ordering::SeqCst)
    }
}

impl Handler for State {
    async fn handle(&self, call: Call, mut upstream: Upstream) -> Outcome {
        let mut body = call.json();
        let taken = match call.operation.as_str() {
            "TransactWriteItems" => self.open_transaction(&mut body),
            "DeleteItem" if self.guard == Guard::Evidence && sort_key(&body).starts_with("B#") => {
                // Something else goes instead, that is not there.
                body["Key"]["sk"]["S"] = "NOTHING".into();
                1
            }
            "PutItem" | "UpdateItem" | "DeleteItem" => self.open_action(&mut body),
            _ => 0,
        };
        let call = if taken == 0 { call } else { call.with_body(&body) };
        self.taken.fetch_add(taken, Ordering::SeqCst);
        let Some(mut answer) = upstream.send(&call).await else {
            return Outcome::Hangup;
        };
        if self.guard == Guard::Permission && answer.ok() {
            let mut found = answer.json();
            let raised = raise(&mut found);
            if raised > 0 {
                self.taken.fetch_add(raised, Ordering::SeqCst);
                answer.set_body(&found);
            }
        }
        Outcome::Answer(answer)
    }
}

/// Makes an administrator of every account in an answer; how many were none.
fn raise(found: &mut Value) -> u64 {
    match found {
        Value::Array(items) => items.iter_mut().map(raise).sum(),
        Value::Object(members) => {
            let account = members.get("sk").is_some_and(|sk| sk["S"] == "PROFILE");
            let raised = members
                .values_mut()
                .map(|value| if account { raise_text(value) } else { raise(value) });
            raised.sum()
        }
        _ => 0,
    }
}

fn raise_text(attribute: &mut Value) -> u64 {
    let Some(Value::String(text)) = attribute.get_mut("S") else {
        return 0;
    };
    let raised = [r#""role":"user""#, r#""role":"specialist""#]
        .iter()
        .fold(text.clone(), |text, role| text.replace(role, r#""role":"administrator""#));
    let changed = raised != *text;
    *text = raised;
    u64::from(changed)
}

impl State {
    fn open_transaction(&self, body: &mut Value) -> u64 {
        let Some(items) = body["TransactItems"].as_array_mut() else {
            return 0;
        };
        let before = items.len();
        let (guard, mut taken) = (self.guard, 0);
        items.retain(|item| {
            let (kind, action) = item
                .as_object()
                .and_then(|o| o.iter().next())
                .expect("a member of a transaction is an action");
            let unwritten = match guard {
                Guard::Ledger => sort_key(action).starts_with("UID#"),
                Guard::Erasure => partition_key(action).starts_with("ERASE#"),
                _ => kind == "ConditionCheck" && self.is_guarded(action),
            };
            !unwritten
        });
        taken += (before - items.len()) as u64;
        for action in items.iter_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
            taken += self.open_action(action);
        }
        taken
    }

    /// Drops the condition of one action, with the names and values that it alone used.
    fn open_action(&self, action: &mut Value) -> u64 {
        if !self.is_guarded(action) {
            return 0;
        }
        let Some(action) = action.as_object_mut() else { return 0 };
        let condition = action.remove("ConditionExpression");
        let rest = action
            .get("UpdateExpression")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        for member in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
            let emptied = action.get_mut(member).and_then(Value::as_object_mut).is_some_and(|used| {
                used.retain(|name, _| rest.contains(name.as_str()));
                used.is_empty()
            });
            if emptied {
                action.remove(member);
            }
        }
        u64::from(condition.is_some())
    }

    fn is_guarded(&self, action: &Value) -> bool {
        let sort_key = sort_key(action);
        match self.guard {
            Guard::Ledger | Guard::Permission | Guard::Erasure | Guard::Evidence => false,
            Guard::Sequence => partition_key(action).starts_with("T#") && (sort_key == "META" || sort_key.starts_with("H#")),
            Guard::Fence => sort_key == "LEASE",
            Guard::Upload => sort_key == "UP",
        }
    }
}

fn key<'a>(action: &'a Value, name: &str) -> &'a str {
    let holder = if action.get("Item").is_some() {
        &action["Item"]
    } else {
        &action["Key"]
    };
    holder[name]["S"].as_str().unwrap_or_default()
}

fn sort_key(action: &Value) -> &str {
    key(action, "sk")
}

fn partition_key(action: &Value) -> &str {
    key(action, "pk")
}
