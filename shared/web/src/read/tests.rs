use chamada_domain::{Locale, TicketNumber, Timestamp, UserId};
use serde_json::json;

use super::*;

/// Reads one field `v` and shows what came of it: the value, or the faults.
fn one<T: std::fmt::Debug>(value: Value, reader: impl Fn(&mut Spot<'_>) -> Option<T>) -> Result<T, Vec<(String, &'static str)>> {
    let mut faults = Vec::new();
    let made = nested(&json!({ "v": value }), "", &mut faults, false, |f| f.required("v", &reader));
    made.ok_or_else(|| faults.into_iter().map(|fault| (fault.field.into_owned(), fault.code)).collect())
}

fn code<T: std::fmt::Debug>(value: Value, reader: impl Fn(&mut Spot<'_>) -> Option<T>) -> &'static str {
    one(value, reader).unwrap_err()[0].1
}

#[test]
fn lines_are_trimmed_and_texts_are_not() {
    assert_eq!(one(json!("  a b "), line(1..=3)).unwrap(), "a b");
    assert_eq!(one(json!(" a\n\tb "), text(1..=6)).unwrap(), " a\n\tb ");
    assert_eq!(one(json!("ñandú"), line(5..=5)).unwrap(), "ñandú");
    assert_eq!(code(json!("abcd"), line(1..=3)), "too_long");
    assert_eq!(code(json!("  "), line(1..=3)), "required");
    assert_eq!(code(json!(" \n "), text(1..=3)), "required");
    assert_eq!(code(json!("ab"), line(3..=9)), "too_short");
    assert_eq!(code(json!("a\r\nb"), line(1..=9)), "invalid");
    assert_eq!(code(json!("a\u{0}"), text(1..=9)), "invalid");
    assert_eq!(code(json!(["a"]), line(1..=3)), "invalid");
    assert_eq!(code(json!(null), line(1..=3)), "required");
}

#[test]
fn scalars_keep_to_their_types() {
    assert_eq!(one(json!(5), integer(1..=5)).unwrap(), 5);
    assert_eq!(code(json!(6), integer(1..=5)), "out_of_range");
    assert_eq!(code(json!(u64::MAX), integer(1..=5)), "out_of_range");
    for wrong in [json!(1.5), json!("5"), json!(true)] {
        assert_eq!(code(wrong, integer(1..=5)), "invalid");
    }
    assert!(one(json!(true), boolean()).unwrap());
    assert_eq!(code(json!("true"), boolean()), "invalid");
    assert_eq!(one(json!("2026-11-22"), date()).unwrap(), time::macros::date!(2026 - 11 - 22));
    assert_eq!(code(json!("2026-02-30"), date()), "invalid");
    assert_eq!(one(json!("pt"), word::<Locale>()).unwrap(), Locale::Pt);
    assert_eq!(code(json!("fr"), word::<Locale>()), "invalid");
    assert_eq!(one(json!(1042), id::<TicketNumber>()).unwrap(), TicketNumber(1042));
    assert_eq!(code(json!(-1), id::<TicketNumber>()), "invalid");
    assert_eq!(code(json!("mbx_1"), id::<UserId>()), "invalid");
    assert_eq!(code(json!("tomorrow"), timestamp()), "invalid");
}

#[test]
fn every_fault_of_a_list_is_told_by_its_place() {
    let faults = one(json!(["a@b.c", "x", 5]), list(0..=3, email())).unwrap_err();
    assert_eq!(faults, [("v.1".to_owned(), "invalid"), ("v.2".to_owned(), "invalid")]);
    assert_eq!(code(json!([1, 2]), list(0..=1, integer(0..=9))), "too_many");
    assert_eq!(code(json!({}), list(0..=1, integer(0..=9))), "invalid");
}

#[derive(Debug, PartialEq)]
struct Change {
    title: Option<String>,
    due_at: Option<Option<Timestamp>>,
    inner: Option<i64>,
}

impl Input for Change {
    fn read(f: &mut Fields<'_>) -> Option<Self> {
        let title = f.changed("title", line(1..=200));
        let due_at = f.changed_or_cleared("due_at", timestamp());
        let inner = f.optional("inner", object(|f| f.required("n", integer(0..=9))));
        Some(Self {
            title: title?,
            due_at: due_at?,
            inner: inner?,
        })
    }
}

#[test]
fn a_patch_tells_absent_from_null() {
    assert_eq!(
        object_of::<Change>(&json!({})).unwrap(),
        Change {
            title: None,
            due_at: None,
            inner: None
        }
    );
    let cleared = object_of::<Change>(&json!({"due_at": null, "inner": null})).unwrap();
    assert_eq!(
        cleared,
        Change {
            title: None,
            due_at: Some(None),
            inner: None
        }
    );
    let faults = object_of::<Change>(&json!({"title": null})).unwrap_err();
    assert_eq!((faults[0].field.as_ref(), faults[0].code), ("title", "invalid"));
}

#[test]
fn unknown_fields_are_found_at_every_depth() {
    let faults = object_of::<Change>(&json!({"titel": "x", "inner": {"n": 1, "m": 2}})).unwrap_err();
    let found: Vec<_> = faults.iter().map(|fault| (fault.field.as_ref(), fault.code)).collect();
    assert_eq!(found, [("inner.m", "unknown"), ("titel", "unknown")]);
    assert_eq!(object_of::<Change>(&json!([])).unwrap_err()[0].field, "");
}

#[test]
fn faults_are_not_endless() {
    let many: Map<String, Value> = (0..5_000).map(|n| (format!("f{n}"), json!(1))).collect();
    assert_eq!(object_of::<Nothing>(&Value::Object(many)).unwrap_err().len(), MOST_FAULTS);
}
