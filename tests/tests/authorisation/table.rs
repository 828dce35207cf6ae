//! API.md's table 'Who may do what', written down once more for every call.

use std::collections::{BTreeMap, BTreeSet};

use chamada_domain::SpecialistsSee;
use http::Method;
use serde_json::Value;

/// Columns: nobody; a guest's session with keys of nothing, of the requester, of a watcher, of another ticket; a user's own ticket, a watched one, another's;
/// a specialist's who attends, where nobody does, where somebody else does; an administrator. Then to a ticket that is held until its requester comes: they
/// themselves, a guest's session with their key, a specialist, an administrator. `x/y`: while specialists see what is assigned to them, and while they see
/// all.
const TABLE: &str = "
call                                                    anon   g_none g_req  g_cc   g_else u_own  u_cc   u_else s_mine s_none s_else admin  h_own  h_key  h_staff h_admin
GET    /api/health -                                    .      .      .      .      .      .      .      .      .      .      .      .      .      .      .      .
GET    /api/site -                                      .      .      .      .      .      .      .      .      .      .      .      .      .      .      .      .
POST   /api/sign-in -                                   .      .      .      .      .      .      .      .      .      .      .      .      .      .      .      .
GET    /api/session -                                   1      .      .      .      .      .      .      .      .      .      .      .      .      .      .      .
POST   /api/session wrong                               1      1      1      1      1      1      1      1      1      1      1      1      1      1      1      1
DELETE /api/session -                                   .      .      .      .      .      .      .      .      .      .      .      .      .      .      .      .
DELETE /api/sessions -                                  1      1      1      1      1      .      .      .      .      .      .      .      .      1      .      .
POST   /api/ticket-links wrong                          1      1      1      1      1      1      1      1      1      1      1      1      1      1      1      1
GET    /api/me -                                        1      1      1      1      1      .      .      .      .      .      .      .      .      1      .      .
PATCH  /api/me -                                        1      1      1      1      1      .      .      .      .      .      .      .      .      1      .      .
GET    /api/openapi.json -                              .      .      .      .      .      .      .      .      .      .      .      .      .      .      .      .
GET    /api/tokens -                                    1      1      1      1      1      .      .      .      .      .      .      .      .      1      .      .
POST   /api/tokens -                                    1      1      1      1      1      .      .      .      .      .      .      .      .      1      .      .
DELETE /api/tokens/{id} foreign                         1      1      1      1      1      4      4      4      4      4      4      4      4      1      4      4
GET    /api/canned-replies -                            1      1      1      1      1      3      3      3      .      .      .      .      3      1      .      .
PUT    /api/canned-replies -                            1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
GET    /api/audit -                                     1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
POST   /api/import/{what} -                             1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
GET    /api/users -                                     1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
POST   /api/users -                                     1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
GET    /api/users/{id} -                                1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
PATCH  /api/users/{id} -                                1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
DELETE /api/users/{id} -                                1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
GET    /api/specialists -                               1      1      1      1      1      3      3      3      .      .      .      .      3      1      .      .
GET    /api/settings -                                  1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
PATCH  /api/settings -                                  1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
GET    /api/organisation -                              1      1      1      1      1      .      .      .      .      .      .      .      .      1      .      .
PUT    /api/organisation -                              1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
GET    /api/categories -                                1      1      1      1      1      .      .      .      .      .      .      .      .      1      .      .
PUT    /api/categories -                                1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
POST   /api/attachments -                               1      1      .      .      .      .      .      .      .      .      .      .      .      .      .      .
DELETE /api/attachments/{id} foreign                    1      1      4      4      4      4      4      4      4      4      4      4      4      4      4      4
POST   /api/attachments/{id}/complete foreign           1      1      4      4      4      4      4      4      4      4      4      4      4      4      4      4
GET    /api/tickets -                                   1      1      1      1      1      .      .      .      .      .      .      .      .      1      .      .
GET    /api/tickets deleted                             1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
POST   /api/tickets -                                   1      1      1      1      1      .      .      .      .      .      .      .      .      1      .      .
POST   /api/tickets/bulk -                              1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
GET    /api/tickets/counts -                            1      1      1      1      1      .      .      .      .      .      .      .      .      1      .      .
GET    /api/tickets/reads -                             1      1      1      1      1      .      .      .      .      .      .      .      .      1      .      .
GET    /api/tickets/{number} -                          1      4      .      .      4      .      .      4      .      4/.    4/.    .      .      .      4      4
GET    /api/tickets/{number}/entries -                  1      4      .      .      4      .      .      4      .      4/.    4/.    .      .      .      4      4
GET    /api/tickets/{number}/entries/{seq}/html -       1      4      .      .      4      .      .      4      .      4/.    4/.    .      .      .      4      4
GET    /api/tickets/{number}/entries/{seq}/raw -        1      4      3      3      4      3      3      4      .      4/.    4/.    .      3      3      4      4
GET    /api/tickets/{number}/verify -                   1      4      .      .      4      .      .      4      .      4/.    4/.    .      .      .      4      4
GET    /api/tickets/{number}/transcript -               1      4      .      .      4      .      .      4      .      4/.    4/.    .      .      .      4      4
POST   /api/tickets/{number}/bundle -                   1      4      .      .      4      .      .      4      .      4/.    4/.    .      .      .      4      4
GET    /api/tickets/{number}/bundles/{bundle_id} -      1      4      .      .      4      .      .      4      .      4/.    4/.    .      .      .      4      4
GET    /api/tickets/{number}/attachments/{id} -         1      4      .      .      4      .      .      4      .      4/.    4/.    .      .      .      4      4
POST   /api/tickets/{number}/messages public            1      4      .      .      4      .      .      4      .      4/.    4/.    .      .      .      4      4
POST   /api/tickets/{number}/messages internal          1      4      3      3      4      3      3      4      .      4/.    4/.    .      3      3      4      4
POST   /api/tickets/{number}/messages resolve           1      4      3      3      4      3      3      4      .      4/.    4/.    .      3      3      4      4
POST   /api/tickets/{number}/messages due_at            1      4      3      3      4      3      3      4      .      4/.    4/.    .      3      3      4      4
PATCH  /api/tickets/{number} title                      1      4      3      3      4      3      3      4      .      4/.    4/.    .      3      3      4      4
PATCH  /api/tickets/{number} priority                   1      4      3      3      4      3      3      4      .      4/.    4/.    .      3      3      4      4
PATCH  /api/tickets/{number} kind                       1      4      3      3      4      3      3      4      .      4/.    4/.    .      3      3      4      4
PATCH  /api/tickets/{number} due_at                     1      4      3      3      4      3      3      4      .      4/.    4/.    .      3      3      4      4
PATCH  /api/tickets/{number} cc                         1      4      3      3      4      .      3      4      .      4/.    4/.    .      .      3      4      4
PATCH  /api/tickets/{number} status                     1      4      3      3      4      3      3      4      3      4/3    4/3    .      3      3      4      4
PATCH  /api/tickets/{number} assignee_id                1      4      3      3      4      3      3      4      3      4/3    4/3    .      3      3      4      4
DELETE /api/tickets/{number} -                          1      1      1      1      1      3      3      4      3      4/3    4/3    .      3      1      4      4
POST   /api/tickets/{number}/restore -                  1      1      1      1      1      3      3      4      3      4/3    4/3    .      3      1      4      4
POST   /api/tickets/{number}/erase -                    1      1      1      1      1      3      3      4      3      4/3    4/3    .      3      1      4      4
POST   /api/tickets/{number}/merge -                    1      1      1      1      1      3      3      4      3      4/3    4/3    .      3      1      4      4
POST   /api/tickets/{number}/claim -                    1      1      1      1      1      3      3      4      .      4/.    4/.    .      3      1      4      4
PUT    /api/tickets/{number}/rating -                   1      4      .      3      4      .      3      4      3      4/3    4/3    3      .      .      4      4
PUT    /api/tickets/{number}/read -                     1      1      1      1      1      .      .      4      .      4/.    4/.    .      .      1      4      4
PUT    /api/tickets/{number}/links/{other} -            1      1      1      1      1      3      3      4      .      4/.    4/.    .      3      1      4      4
DELETE /api/tickets/{number}/links/{other} -            1      1      1      1      1      3      3      4      .      4/.    4/.    .      3      1      4      4
GET    /api/tickets/{number}/keys -                     1      1      1      1      1      .      .      4      3      4/3    4/3    .      .      1      4      4
DELETE /api/tickets/{number}/keys -                     1      1      1      1      1      .      .      4      3      4/3    4/3    .      .      1      4      4
DELETE /api/tickets/{number}/keys/{id} own              1      1      1      1      1      .      .      4      3      4/3    4/3    .      .      1      4      4
GET    /api/mailboxes -                                 1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
POST   /api/mailboxes -                                 1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
GET    /api/mailboxes/{id} -                            1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
PATCH  /api/mailboxes/{id} -                            1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
DELETE /api/mailboxes/{id} -                            1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
POST   /api/mailboxes/{id}/test -                       1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
POST   /api/mailboxes/{id}/sweep -                      1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
POST   /api/sweeps -                                    1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
GET    /api/mailboxes/{id}/sweeps -                     1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
GET    /api/mailboxes/{id}/sweeps/{sweep_id} none       1      1      1      1      1      3      3      3      3      3      3      4      3      1      3      4
GET    /api/mailboxes/{id}/messages -                   1      1      1      1      1      3      3      3      3      3      3      .      3      1      3      .
GET    /api/mailboxes/{id}/messages/{message_id}/raw none 1      1      1      1      1      3      3      3      3      3      3      4      3      1      3      4
DELETE /api/mailboxes/{id}/messages/{message_id} none   1      1      1      1      1      3      3      3      3      3      3      4      3      1      3      4
";

/// The words of a row: method, path, which form of it, then a cell for each column.
pub(crate) struct Row {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) form: &'static str,
    pub(crate) cells: Vec<&'static str>,
}

/// The columns' names, and every row.
pub(crate) fn table() -> (Vec<&'static str>, Vec<Row>) {
    let mut lines = TABLE.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let columns = lines.next().unwrap()[1..].to_vec();
    let rows = lines.map(|words| Row {
        method: words[0].parse().unwrap(),
        path: words[1],
        form: words[2],
        cells: words[3..].to_vec(),
    });
    let rows: Vec<Row> = rows.collect();
    for row in &rows {
        assert_eq!(row.cells.len(), columns.len(), "{} {} {}", row.method, row.path, row.form);
    }
    (columns, rows)
}

/// The cell's word under one of the two settings.
pub(crate) fn wanted(cell: &str, sees: SpecialistsSee) -> &str {
    match cell.split_once('/') {
        Some((assigned, all)) => {
            if sees == SpecialistsSee::All {
                all
            } else {
                assigned
            }
        }
        None => cell,
    }
}

/// Every operation of the API's description, `METHOD path`.
pub(crate) fn described() -> BTreeSet<String> {
    let description: Value = serde_json::from_str(&chamada_local::wiring::openapi().unwrap()).unwrap();
    let paths: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_value(description["paths"].clone()).unwrap();
    let operations = paths
        .iter()
        .flat_map(|(path, item)| item.keys().map(move |method| format!("{} {path}", method.to_uppercase())));
    operations.collect()
}

#[test]
fn every_call_of_the_description_stands_in_the_table() {
    let (_, rows) = table();
    let listed: BTreeSet<String> = rows.iter().map(|row| format!("{} {}", row.method, row.path)).collect();
    let missing: Vec<_> = described().difference(&listed).cloned().collect();
    let unknown: Vec<_> = listed.difference(&described()).cloned().collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "missing: {missing:#?}, unknown: {unknown:#?}"
    );
}
