//! Which messages of a mailbox are new: the server's listing, the last one that was kept, and the ledger. No I/O.

use std::collections::{HashMap, HashSet};

use chamada_domain::mailbox::{LedgerEntry, Verdict};

/// What is known of a message that the ledger has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It was dealt with.
    Handled,
    /// The server was told to delete it. Seen again, it may be another one under the same name: servers reuse UIDLs.
    Deleted,
    /// It stays on the server whatever the mailbox says: it was too large to fetch.
    Kept,
}

impl Mark {
    fn letter(self) -> &'static str {
        match self {
            Self::Handled => "h",
            Self::Deleted => "d",
            Self::Kept => "k",
        }
    }

    fn read(letter: &str) -> Option<Self> {
        [Self::Handled, Self::Deleted, Self::Kept]
            .into_iter()
            .find(|mark| mark.letter() == letter)
    }

    /// The mark of a message with this verdict.
    pub(crate) fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Oversize => Self::Kept,
            Verdict::Imported | Verdict::Reply | Verdict::Ignored | Verdict::Duplicate | Verdict::Quarantined => Self::Handled,
        }
    }
}

/// A message that the server listed and the ledger has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// What the server calls it, fit for a key.
    pub(crate) uidl: String,
    /// The size that the server gave.
    pub(crate) size: u64,
    /// Its name in the ledger.
    pub(crate) name: String,
    /// What is known of it.
    pub(crate) mark: Mark,
}

/// The listing that was kept: one line a message, `mark size uidl name`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Listing(pub(crate) Vec<Line>);

impl Listing {
    /// Reads a kept listing. A line that cannot be read is left out: the table is asked then.
    pub(crate) fn read(text: &str) -> Self {
        let line = |line: &str| {
            let mut words = line.split(' ');
            let (mark, size, uidl, name) = (words.next()?, words.next()?, words.next()?, words.next()?);
            Some(Line {
                mark: Mark::read(mark)?,
                size: size.parse().ok()?,
                uidl: uidl.to_owned(),
                name: name.to_owned(),
            })
        };
        Self(text.lines().filter_map(line).collect())
    }

    /// The text to keep.
    pub(crate) fn text(&self) -> String {
        let line = |line: &Line| format!("{} {} {} {}\n", line.mark.letter(), line.size, line.uidl, line.name);
        self.0.iter().map(line).collect()
    }
}

/// A message as the server lists it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Its number in this session.
    pub(crate) number: u32,
    /// Its size, as the server says.
    pub(crate) size: u64,
    /// Its unique id, fit for a key; none where the server gave none that is usable.
    pub(crate) uidl: Option<String>,
}

/// A message to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// How the server lists it.
    pub(crate) seen: Seen,
    /// Whether its UIDL does not tell it from others, so that the digest of the whole message does.
    pub(crate) by_digest: bool,
}

/// The server's messages, told apart as far as that goes without the table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sorted {
    /// Those that the kept listing has.
    pub(crate) known: Vec<(u32, Line)>,
    /// Those that must be fetched to be judged.
    pub(crate) by_digest: Vec<Seen>,
    /// Those that the table must be asked about.
    pub(crate) ask: Vec<Seen>,
}

/// A UIDL that is longer cannot be a key of the table (1,024 bytes with what stands before it).
const LONGEST_KEY: usize = 900;

/// Whether a UIDL can be a message's name.
pub(crate) fn is_usable(uidl: &str) -> bool {
    !uidl.is_empty() && uidl.len() <= LONGEST_KEY
}

/// How often each UIDL is listed.
pub(crate) fn times(seen: &[Seen]) -> HashMap<String, usize> {
    let mut times = HashMap::new();
    for uidl in seen.iter().filter_map(|message| message.uidl.clone()) {
        *times.entry(uidl).or_default() += 1;
    }
    times
}

/// Tells the listed messages apart by the kept listing.
pub(crate) fn sort(seen: Vec<Seen>, kept: &Listing) -> Sorted {
    let times = times(&seen);
    let twice = |uidl: &str| times.get(uidl).is_some_and(|times| *times > 1);
    let mut before: HashMap<&str, Vec<&Line>> = HashMap::new();
    for line in &kept.0 {
        before.entry(line.uidl.as_str()).or_default().push(line);
    }
    let mut sorted = Sorted::default();
    for message in seen {
        let lines = message.uidl.as_deref().and_then(|uidl| before.get(uidl));
        match (message.uidl.as_deref(), lines.map(Vec::as_slice)) {
            (Some(uidl), None) if !twice(uidl) => sorted.ask.push(message),
            (Some(uidl), Some([line])) if !twice(uidl) && line.size == message.size && line.mark != Mark::Deleted => {
                sorted.known.push((message.number, (*line).clone()));
            }
            _ => sorted.by_digest.push(message),
        }
    }
    sorted
}

/// Completes the sorting by what the ledger has of those that were asked about: what is known, and what is to be fetched, oldest first.
pub(crate) fn settle(sorted: Sorted, ledger: &HashMap<String, LedgerEntry>) -> (Vec<(u32, Line)>, Vec<Wanted>) {
    let mut known = sorted.known;
    let mut wanted: Vec<Wanted> = sorted.by_digest.into_iter().map(|seen| Wanted { seen, by_digest: true }).collect();
    for seen in sorted.ask {
        let Some(uidl) = seen.uidl.clone() else { continue };
        match ledger.get(&uidl) {
            Some(entry) if entry.size == seen.size => known.push((
                seen.number,
                Line {
                    name: uidl.clone(),
                    uidl,
                    size: seen.size,
                    mark: Mark::of(entry.state),
                },
            )),
            entry => wanted.push(Wanted {
                seen,
                by_digest: entry.is_some(),
            }),
        }
    }
    // A mailbox is numbered in the order in which its messages came.
    wanted.sort_by_key(|wanted| wanted.seen.number);
    (known, wanted)
}

/// The listing to keep after a session that dealt with the messages of `lines`, and the names in the ledger that stand for no message of the
/// server's any longer: it lists them no more, or has another message under their UIDL. Of what was not dealt with, nothing is forgotten.
pub(crate) fn renew(kept: Listing, listed: &HashMap<String, usize>, lines: Vec<Line>) -> (Listing, Vec<String>) {
    let mut left = listed.clone();
    for line in &lines {
        if let Some(left) = left.get_mut(&line.uidl) {
            *left = left.saturating_sub(1);
        }
    }
    let names: HashSet<String> = lines.iter().map(|line| line.name.clone()).collect();
    let before = kept.0.into_iter().filter(|line| !names.contains(&line.name));
    let (waiting, gone): (Vec<Line>, Vec<Line>) = before.partition(|line| left.get(&line.uidl).is_some_and(|left| *left > 0));
    let listing = Listing(lines.into_iter().chain(waiting).collect());
    (listing, gone.into_iter().map(|line| line.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(number: u32, size: u64, uidl: &str) -> Seen {
        Seen {
            number,
            size,
            uidl: (!uidl.is_empty()).then(|| uidl.to_owned()),
        }
    }

    fn line(uidl: &str, size: u64, name: &str, mark: Mark) -> Line {
        Line {
            uidl: uidl.into(),
            size,
            name: name.into(),
            mark,
        }
    }

    fn entry(size: u64, state: Verdict) -> LedgerEntry {
        LedgerEntry {
            state,
            reason: None,
            ticket: None,
            subject: String::new(),
            sender: String::new(),
            digest: String::new(),
            size,
            at: chamada_domain::Timestamp::from_unix_seconds(0),
        }
    }

    fn numbers<T>(of: &[T], number: impl Fn(&T) -> u32) -> Vec<u32> {
        of.iter().map(number).collect()
    }

    #[test]
    fn a_listing_is_read_back() {
        let listing = Listing(vec![
            line("a%20b", 5, "a%20b", Mark::Handled),
            line("c", 0, "sha256-00", Mark::Deleted),
        ]);
        assert_eq!(Listing::read(&listing.text()), listing);
        assert_eq!(Listing::read("nonsense\nx 1 a a\nh x a a\n\n"), Listing::default());
    }

    #[test]
    fn every_rule_of_uidl() {
        let kept = Listing(vec![
            line("same", 10, "same", Mark::Handled),
            line("grown", 10, "grown", Mark::Handled),
            line("deleted", 10, "deleted", Mark::Deleted),
            line("large", 10, "large", Mark::Kept),
            line("doubtful", 10, "sha256-1", Mark::Handled),
            line("doubtful", 10, "sha256-2", Mark::Handled),
            line("gone", 10, "gone", Mark::Deleted),
        ]);
        let listed = vec![
            seen(1, 10, "same"),
            seen(2, 11, "grown"),
            seen(3, 10, "deleted"),
            seen(4, 10, "large"),
            seen(5, 10, "doubtful"),
            seen(6, 10, "twice"),
            seen(7, 10, "twice"),
            seen(8, 10, ""),
            seen(9, 10, "new"),
            seen(10, 10, "in-ledger"),
            seen(11, 10, "reused"),
        ];
        let sorted = sort(listed, &kept);
        assert_eq!(numbers(&sorted.known, |(number, _)| *number), [1, 4]);
        assert_eq!(numbers(&sorted.by_digest, |seen| seen.number), [2, 3, 5, 6, 7, 8]);
        assert_eq!(numbers(&sorted.ask, |seen| seen.number), [9, 10, 11]);
        let ledger = HashMap::from([
            ("in-ledger".to_owned(), entry(10, Verdict::Oversize)),
            ("reused".to_owned(), entry(99, Verdict::Imported)),
        ]);
        let (known, wanted) = settle(sorted, &ledger);
        assert_eq!(numbers(&known, |(number, _)| *number), [1, 4, 10]);
        assert_eq!(known[2].1.mark, Mark::Kept);
        let by_digest = wanted
            .iter()
            .map(|wanted| (wanted.seen.number, wanted.by_digest))
            .collect::<Vec<_>>();
        let doubtful = [2, 3, 5, 6, 7, 8].map(|number| (number, true));
        assert_eq!(by_digest, [&doubtful[..], &[(9, false), (11, true)]].concat());
    }

    #[test]
    fn names_end_when_they_stand_for_nothing() {
        let kept = || {
            Listing(vec![
                line("gone", 1, "gone", Mark::Deleted),
                line("reused", 1, "reused", Mark::Deleted),
                line("same", 1, "same", Mark::Handled),
                line("late", 1, "late", Mark::Deleted),
                line("twice", 1, "sha256-1", Mark::Deleted),
                line("twice", 1, "sha256-2", Mark::Deleted),
            ])
        };
        let listed = ["reused", "same", "late", "twice", "twice"].map(|uidl| seen(1, 1, uidl));
        let dealt = vec![
            line("reused", 1, "sha256-3", Mark::Deleted),
            line("same", 1, "same", Mark::Handled),
            line("twice", 1, "sha256-1", Mark::Deleted),
        ];
        let (listing, gone) = renew(kept(), &times(&listed), dealt);
        assert_eq!(gone, ["gone", "reused"]);
        let names: Vec<&str> = listing.0.iter().map(|line| line.name.as_str()).collect();
        assert_eq!(names, ["sha256-3", "same", "sha256-1", "late", "sha256-2"]);
    }

    #[test]
    fn what_cannot_be_a_key_is_no_name() {
        assert!(is_usable("abc") && !is_usable("") && !is_usable(&"a".repeat(901)));
    }
}
