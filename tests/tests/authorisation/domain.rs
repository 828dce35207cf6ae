//! The domain's table and decisions against the same table.

use std::collections::BTreeSet;

use chamada_domain::access::{self, Asker, Denial};
use chamada_domain::permission::{Action, Standing, require};
use chamada_domain::{Refusal, Role, Settings, SpecialistsSee};

use crate::table::{Row, described, table, wanted};

/// What a call does to the ticket that its path names.
fn action(row: &Row) -> Option<Action> {
    let rest = row.path.strip_prefix("/api/tickets/{number}")?;
    Some(match (row.method.as_str(), rest) {
        ("PUT", "/rating") => Action::Rate,
        ("POST", "/claim") => Action::Claim,
        ("DELETE", "") | ("POST", "/restore" | "/erase") => Action::Delete,
        ("POST", "/merge") => Action::Merge,
        ("PUT" | "DELETE", "/links/{other}") => Action::Link,
        ("GET" | "DELETE", "/keys" | "/keys/{id}") => Action::Keys,
        // Who reads what staff write unseen may write so.
        ("GET", "/entries/{seq}/raw") => Action::Note,
        _ => Action::See,
    })
}

/// What the domain says of a call by whoever stands in a column: the same words as the table's.
fn decided(row: &Row, column: &str, sees: SpecialistsSee) -> &'static str {
    let role = match column {
        "u_own" | "u_cc" | "u_else" | "h_own" => Some(Role::User),
        "s_mine" | "s_none" | "s_else" | "h_staff" => Some(Role::Specialist),
        "admin" | "h_admin" => Some(Role::Administrator),
        _ => None,
    };
    let asker = match (role, column) {
        (Some(role), _) => Asker::Person(role),
        (None, "anon") => Asker::Nobody,
        (None, "g_none") => Asker::Guest,
        (None, _) => Asker::KeyHolder,
    };
    let held = column.starts_with("h_");
    let standing = Standing {
        role,
        requester: matches!(column, "u_own" | "h_own"),
        watcher: column == "u_cc",
        assignee: column == "s_mine",
        requester_key: matches!(column, "g_req" | "h_key"),
        watcher_key: column == "g_cc",
        assigned_elsewhere: role.is_some() && !matches!(column, "s_mine" | "s_none") && !held,
        held,
        resolved: row.path.ends_with("/rating"),
        ..Standing::default()
    };
    let settings = Settings {
        specialists_see: sees,
        ..Settings::default()
    };
    let call = access::find(row.method.as_str(), row.path).expect("the call stands in the domain's table");
    let admitted = access::admit(call.need, asker, settings.guest_tickets);
    let decided = admitted.and_then(|()| match action(row) {
        Some(action) => require(standing, action, &settings).map_err(Denial::Refused),
        None => Ok(()),
    });
    match decided {
        Ok(()) | Err(Denial::Refused(Refusal::Conflict(_))) => ".",
        Err(Denial::SignInNeeded) => "1",
        Err(Denial::Refused(Refusal::Forbidden)) => "3",
        Err(Denial::Refused(Refusal::NotFound)) => "4",
        Err(other) => panic!("{other:?}"),
    }
}

/// The cells that tell of a call as such, and not of what its body or its path names besides.
fn plain_cells() -> Vec<(Row, &'static str, SpecialistsSee, &'static str)> {
    let mut cells = Vec::new();
    let (columns, rows) = table();
    for row in rows.into_iter().filter(|row| row.form == "-") {
        for (column, cell) in columns.iter().zip(row.cells.clone()) {
            for sees in [SpecialistsSee::Assigned, SpecialistsSee::All] {
                let row = Row {
                    method: row.method.clone(),
                    cells: Vec::new(),
                    ..row
                };
                cells.push((row, *column, sees, wanted(cell, sees)));
            }
        }
    }
    cells
}

#[test]
fn the_domain_decides_as_the_table_says_and_any_other_cell_would_be_noticed() {
    let cells = plain_cells();
    let differs = |cell: &(Row, &str, SpecialistsSee, &str)| decided(&cell.0, cell.1, cell.2) != cell.3;
    for cell in &cells {
        let (row, column, sees, word) = cell;
        assert!(
            !differs(cell),
            "{} {} by {column}, {sees:?}: {}, not {word}",
            row.method,
            row.path,
            decided(row, column, *sees)
        );
    }
    let mut flipped = 0;
    for mut cell in cells {
        for other in [".", "1", "3", "4"]
            .into_iter()
            .filter(|other| *other != cell.3)
            .collect::<Vec<_>>()
        {
            cell.3 = other;
            assert!(differs(&cell));
            flipped += 1;
            cell.3 = decided(&cell.0, cell.1, cell.2);
        }
    }
    println!("flipped {flipped} cells");
    assert!(flipped > 3_000, "{flipped}");
}

#[test]
fn the_domain_has_no_call_that_the_api_has_not() {
    let known: BTreeSet<String> = access::CALLS.iter().map(|call| format!("{} {}", call.method, call.path)).collect();
    assert_eq!(known.len(), access::CALLS.len(), "each once");
    assert_eq!(known, described());
}
