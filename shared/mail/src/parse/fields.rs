//! Addresses, dates and identifiers. mail-parser reads addresses and dates, and is named here and in `charset` alone.

use mail_parser::{Address as Parsed, DateTime, MessageParser};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use super::{headers, one_line, words};
use crate::incoming::Address;

/// The longest Message-ID that threads anything, in bytes. RFC 5322 lets a line have 998.
const LONGEST_ID: usize = 512;

/// Reads the addresses of a raw field, at most `most`; groups are opened, entries without an address left out.
pub(crate) fn addresses(raw: &[u8], hint: Option<&str>, most: usize) -> Vec<Address> {
    let value = words::recode(&headers::unfold(raw, hint));
    let field = format!("From: {value}\r\n\r\n");
    let message = MessageParser::new().header_address("From").parse_headers(field.as_bytes());
    let Some(list) = message.as_ref().and_then(|message| message.from()) else {
        return Vec::new();
    };
    let parsed: Vec<_> = match list {
        Parsed::List(list) => list.iter().collect(),
        Parsed::Group(groups) => groups.iter().flat_map(|group| &group.addresses).collect(),
    };
    let read = |addr: &&mail_parser::Addr<'_>| {
        let address = one_line(addr.address.as_deref()?);
        let name = addr.name.as_deref().map(one_line).filter(|name| !name.is_empty());
        (address.contains('@') && address.len() <= 320).then_some(Address { name, address })
    };
    parsed.iter().filter_map(read).take(most).collect()
}

/// Reads a date (RFC 5322 §3.3); none where it names no moment of the years 1970 to 9999.
pub(crate) fn date(raw: &[u8]) -> Option<OffsetDateTime> {
    let parsed = DateTime::parse_rfc822(&headers::unfold(raw, None))?;
    let month = Month::try_from(parsed.month).ok()?;
    let day = Date::from_calendar_date(i32::from(parsed.year), month, parsed.day).ok()?;
    // A leap second is written 60 (RFC 5322 §3.3); time has none.
    let time = Time::from_hms(parsed.hour, parsed.minute, parsed.second.min(59)).ok()?;
    let sign = if parsed.tz_before_gmt { -1 } else { 1 };
    let hours = i8::try_from(parsed.tz_hour).ok()?;
    let minutes = i8::try_from(parsed.tz_minute).ok()?;
    let offset = UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()?;
    let at = PrimitiveDateTime::new(day, time)
        .assume_offset(offset)
        .checked_to_offset(UtcOffset::UTC)?;
    (1970..=9999).contains(&at.year()).then_some(at)
}

/// The Message-IDs of a field, without their angle brackets, in order. What is empty, unclosed, too long or holds white space is none.
pub(crate) fn message_ids(raw: &[u8]) -> Vec<String> {
    let text = headers::unfold(raw, None);
    let mut ids = Vec::new();
    for piece in text.split('<').skip(1) {
        let Some((id, _)) = piece.split_once('>') else { continue };
        let id = id.trim();
        let sane = (3..=LONGEST_ID).contains(&id.len()) && !id.chars().any(|c| c.is_whitespace() || c.is_control());
        // An id without an @ is not RFC 5322's, yet servers write them; of a real one both sides say something.
        let says_something = id.split_once('@').is_none_or(|(left, right)| !left.is_empty() && !right.is_empty());
        if sane && says_something && id.bytes().any(|b| b.is_ascii_alphanumeric()) {
            ids.push(id.to_owned());
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_identifiers() {
        let ids = message_ids(b"<a@b><c@d>\r\n\t<e@f>, <g@h>\r\n <bad");
        assert_eq!(ids, ["a@b", "c@d", "e@f", "g@h"]);
        assert_eq!(message_ids(b"Your message of \"Mon\" <p@q>"), ["p@q"]);
        for absurd in ["", "<>", "<@>", "< >", "<a b@c>", "x@y", "<...>", "<a@>"] {
            assert!(message_ids(absurd.as_bytes()).is_empty(), "{absurd}");
        }
    }

    #[test]
    fn dates_that_exist() {
        assert_eq!(date(b"Mon, 1 Jan 2024 00:00:00 +0000").unwrap().unix_timestamp(), 1_704_067_200);
        assert_eq!(date(b"Tue, 03 Apr 2012 16:58:35 -0400").unwrap().unix_timestamp(), 1_333_486_715);
        assert_eq!(date(b"Tue, 31 Feb 2999 25:61:00 +9999"), None);
        assert_eq!(date(b"yesterday"), None);
    }

    #[test]
    fn addresses_and_groups() {
        let read = |text: &str| addresses(text.as_bytes(), None, 10);
        assert_eq!(read("undisclosed-recipients:;"), []);
        let group = read("Group: a@a.com, B <b@b.com>;");
        assert_eq!((group[0].address.as_str(), group[1].name.as_deref()), ("a@a.com", Some("B")));
        let spoof = read("=?utf-8?q?=3Cceo=40corp=2Ecom=3E?= <evil@evil.com>");
        assert_eq!(spoof.len(), 1);
        assert_eq!(
            (spoof[0].name.as_deref(), spoof[0].address.as_str()),
            (Some("<ceo@corp.com>"), "evil@evil.com")
        );
    }
}
