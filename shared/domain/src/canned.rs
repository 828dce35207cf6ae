//! Canned replies: texts that staff send often, with places that a ticket fills.

use serde::{Deserialize, Serialize};

use crate::{Locale, ReplyId};

/// The canned replies, in the order in which they are offered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CannedReplies {
    /// All of them.
    #[serde(default)]
    #[schema(required = true)]
    pub replies: Vec<CannedReply>,
}

/// One canned reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CannedReply {
    /// Which.
    #[schema(value_type = String)]
    pub id: ReplyId,
    /// What staff call it.
    pub name: String,
    /// Its text by language, in one at least.
    pub bodies: Bodies,
}

/// A text in some of the three languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Bodies {
    /// In Spanish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub es: Option<String>,
    /// In Portuguese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub pt: Option<String>,
    /// In English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub en: Option<String>,
}

impl Bodies {
    /// The text in this language.
    #[must_use]
    pub fn of(&self, locale: Locale) -> Option<&str> {
        match locale {
            Locale::Es => self.es.as_deref(),
            Locale::Pt => self.pt.as_deref(),
            Locale::En => self.en.as_deref(),
        }
    }

    /// The text in the first of these languages that it has, else in any.
    #[must_use]
    pub fn best(&self, wanted: &[Locale]) -> Option<(Locale, &str)> {
        let mut order = wanted.iter().chain(&Locale::ALL);
        order.find_map(|locale| self.of(*locale).map(|text| (*locale, text)))
    }
}

/// What a ticket fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filling<'a> {
    /// `{{ticket}}`: its number as people read it, `CH-1042`.
    pub ticket: &'a str,
    /// `{{title}}`.
    pub title: &'a str,
    /// `{{requester}}`: whose it is.
    pub requester: &'a str,
    /// `{{specialist}}`: who attends to it.
    pub specialist: &'a str,
    /// `{{site}}`: what the help desk is called.
    pub site: &'a str,
    /// `{{due}}`: the estimated date.
    pub due: &'a str,
}

impl Filling<'_> {
    fn word(&self, place: &str) -> Option<&str> {
        match place {
            "ticket" => Some(self.ticket),
            "title" => Some(self.title),
            "requester" => Some(self.requester),
            "specialist" => Some(self.specialist),
            "site" => Some(self.site),
            "due" => Some(self.due),
            _ => None,
        }
    }
}

/// A piece of a text.
enum Piece<'a> {
    /// As it is written.
    Plain(&'a str),
    /// What stands between `{{` and the next `}}`.
    Place(&'a str),
}

/// Reads a text piece by piece. `{{` that nothing closes is plain.
fn pieces(mut rest: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some((plain, place, behind)) = next_place(rest) {
        pieces.push(Piece::Plain(plain));
        pieces.push(Piece::Place(place));
        rest = behind;
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let (plain, open) = text.split_once("{{")?;
    let (place, behind) = open.split_once("}}")?;
    Some((plain, place.trim(), behind))
}

/// The first place of a text that no ticket can fill.
#[must_use]
pub fn unknown_place(text: &str) -> Option<&str> {
    pieces(text).into_iter().find_map(|piece| match piece {
        Piece::Place(place) if Filling::default().word(place).is_none() => Some(place),
        Piece::Place(_) | Piece::Plain(_) => None,
    })
}

/// The text with its places filled, once: what is filled in is not read again. What cannot be filled stays as it is written.
#[must_use]
pub fn fill(text: &str, filling: &Filling<'_>) -> String {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Plain(plain) => filled.push_str(plain),
            Piece::Place(place) => match filling.word(place) {
                Some(word) => filled.push_str(word),
                None => filled.push_str(&format!("{{{{{place}}}}}")),
            },
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILLING: Filling<'static> = Filling {
        ticket: "CH-7",
        title: "No {{requester}}",
        requester: "Ana",
        specialist: "Sofía",
        site: "Botica",
        due: "22/11/2026 13:00",
    };

    #[test]
    fn places_are_filled_once() {
        let text = "Hola {{requester}}: {{ title }} ({{ticket}}) {{due}}.\n{{specialist}}, {{site}}";
        assert_eq!(
            fill(text, &FILLING),
            "Hola Ana: No {{requester}} (CH-7) 22/11/2026 13:00.\nSofía, Botica"
        );
        assert_eq!(fill("{{ticket}}{{ticket}}", &FILLING), "CH-7CH-7");
        for plain in ["", "{", "}}", "{{ticket", "{ {ticket}}", "a {{"] {
            assert_eq!(fill(plain, &FILLING), plain);
            assert_eq!(unknown_place(plain), None, "{plain}");
        }
    }

    #[test]
    fn unknown_places_are_found_and_left() {
        assert_eq!(unknown_place("{{ticket}} {{name}} {{x}}"), Some("name"));
        assert_eq!(unknown_place("{{}}"), Some(""));
        assert_eq!(unknown_place("{{Ticket}}"), Some("Ticket"));
        assert_eq!(unknown_place("{{{ticket}}}"), Some("{ticket"));
        assert_eq!(fill("a {{name}} b", &FILLING), "a {{name}} b");
    }

    #[test]
    fn a_language_is_chosen_of_those_there_are() {
        let bodies = Bodies {
            es: None,
            pt: Some("pt".into()),
            en: Some("en".into()),
        };
        assert_eq!(bodies.best(&[Locale::En]), Some((Locale::En, "en")));
        assert_eq!(bodies.best(&[Locale::Es, Locale::En]), Some((Locale::En, "en")));
        assert_eq!(bodies.best(&[Locale::Es]), Some((Locale::Pt, "pt")));
        assert_eq!(Bodies::default().best(&[Locale::Es]), None);
    }
}
