//! The command line.

use crate::Failure;
use std::{path::PathBuf, time::Duration};

const USAGE: &str = "usage: bench [starts] [sizes] [rates] [sweep] [page] [memory] [--tickets N] [--quick] [--json FILE]";

/// A part of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Starts,
    Sizes,
    Rates,
    Sweep,
    Page,
    Memory,
}

impl Section {
    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "starts" => Self::Starts,
            "sizes" => Self::Sizes,
            "rates" => Self::Rates,
            "sweep" => Self::Sweep,
            "page" => Self::Page,
            "memory" => Self::Memory,
            _ => return None,
        })
    }
}

/// What to measure.
#[derive(Debug, Default)]
pub(crate) struct Options {
    sections: Vec<Section>,
    tickets: Option<u64>,
    /// Shorter, fewer, smaller: to see that it works.
    pub(crate) quick: bool,
    /// Where the figures go as JSON too.
    pub(crate) json: Option<PathBuf>,
}

impl Options {
    pub(crate) fn read(words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut words = words;
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => options.quick = true,
                "--json" => options.json = Some(words.next().ok_or(USAGE)?.into()),
                "--tickets" => options.tickets = Some(words.next().and_then(|n| n.parse().ok()).filter(|n| *n >= 100).ok_or(USAGE)?),
                word => options.sections.push(Section::named(word).ok_or(USAGE)?),
            }
        }
        Ok(options)
    }

    pub(crate) fn wants(&self, section: Section) -> bool {
        self.sections.is_empty() || self.sections.contains(&section)
    }

    /// Tickets in the large table.
    pub(crate) fn tickets(&self) -> u64 {
        self.tickets.unwrap_or(if self.quick { 2_000 } else { 20_000 })
    }

    /// How often each function is started.
    pub(crate) fn runs(&self) -> usize {
        if self.quick { 5 } else { 30 }
    }

    /// How often each rate is measured, in turns with the others.
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 2 } else { 5 }
    }

    /// For how long each time.
    pub(crate) fn slice(&self) -> Duration {
        Duration::from_millis(if self.quick { 400 } else { 1_500 })
    }

    /// How often the list is opened in a browser.
    pub(crate) fn openings(&self) -> &'static str {
        if self.quick { "3" } else { "10" }
    }

    /// How often the mailbox is swept, each time by a new server.
    pub(crate) fn sweeps(&self) -> usize {
        if self.quick { 1 } else { 3 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, Failure> {
        Options::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn words_choose_sections_and_none_means_all() {
        let some = read("rates --tickets 500 memory").unwrap();
        assert!(some.wants(Section::Rates) && some.wants(Section::Memory) && !some.wants(Section::Sweep));
        assert_eq!(some.tickets(), 500);
        assert!(read("--quick").unwrap().wants(Section::Starts));
        for wrong in ["speed", "--tickets", "--tickets many", "--tickets 5", "--json"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
