//! API.md's table 'Who may do what', copied cell by cell, against the function that decides.

use std::collections::HashSet;
use std::sync::LazyLock;

use chamada_domain::permission::{Action, Can, Standing, Viewer, require};
use chamada_domain::{Refusal, Role, Settings, SpecialistsSee, Status, Ticket, TicketNumber};

use crate::fixtures::{NUMBER, opened, plain, salts, staff, user, watcher};

/// `-` never, `yes` always, `all` where `specialists_see` is `all`, `free` where it is or `specialists_claim` is on.
///
/// Columns: nobody; keys of the requester, of a watcher, of somebody who is neither any longer, of another ticket; a user's own ticket and
/// another's; a watcher; somebody who attended to it and is staff no more; specialists and administrators to whom it is assigned, to whom it is
/// not, and where nobody attends.
///
/// Taking what one has already is allowed: a repeated click changes nothing and is no error.
const TABLE: &str = "
action   guest k_req k_cc k_gone k_else own  other watch ex_s s_mine s_other s_none a_mine a_other a_none
see      -     yes   yes  -      -      yes  -     yes   -    yes    all     all    yes    yes     yes
message  -     yes   yes  -      -      yes  -     yes   -    yes    all     all    yes    yes     yes
attach   -     yes   yes  -      -      yes  -     yes   -    yes    all     all    yes    yes     yes
note     -     -     -    -      -      -    -     -     -    yes    all     all    yes    yes     yes
resolve  -     -     -    -      -      -    -     -     -    yes    all     all    yes    yes     yes
due      -     -     -    -      -      -    -     -     -    yes    all     all    yes    yes     yes
cc       -     -     -    -      -      yes  -     -     -    yes    all     all    yes    yes     yes
title    -     -     -    -      -      -    -     -     -    yes    all     all    yes    yes     yes
priority -     -     -    -      -      -    -     -     -    yes    all     all    yes    yes     yes
classify -     -     -    -      -      -    -     -     -    yes    all     all    yes    yes     yes
status   -     -     -    -      -      -    -     -     -    -      -       -      yes    yes     yes
assign   -     -     -    -      -      -    -     -     -    -      -       -      yes    yes     yes
delete   -     -     -    -      -      -    -     -     -    -      -       -      yes    yes     yes
claim    -     -     -    -      -      -    -     -     -    yes    all     free   yes    yes     yes
rate     -     yes   -    -      -      yes  -     -     -    -      -       -      -      -       -
link     -     -     -    -      -      -    -     -     -    yes    all     all    yes    yes     yes
merge    -     -     -    -      -      -    -     -     -    -      -       -      yes    yes     yes
keys     -     -     -    -      -      yes  -     yes   -    -      -       -      yes    yes     yes
";

const LITERALS: [&str; 4] = ["-", "yes", "all", "free"];

const ACTIONS: [Action; 18] = [
    Action::See,
    Action::Message,
    Action::Attach,
    Action::Note,
    Action::Resolve,
    Action::Due,
    Action::Cc,
    Action::Title,
    Action::Priority,
    Action::Classify,
    Action::Status,
    Action::Assign,
    Action::Delete,
    Action::Claim,
    Action::Rate,
    Action::Link,
    Action::Merge,
    Action::Keys,
];

/// The table's word for an action. Without a wildcard: a new action does not compile before it has a row.
fn name(action: Action) -> &'static str {
    match action {
        Action::See => "see",
        Action::Message => "message",
        Action::Attach => "attach",
        Action::Note => "note",
        Action::Resolve => "resolve",
        Action::Due => "due",
        Action::Cc => "cc",
        Action::Title => "title",
        Action::Priority => "priority",
        Action::Classify => "classify",
        Action::Status => "status",
        Action::Assign => "assign",
        Action::Claim => "claim",
        Action::Rate => "rate",
        Action::Link => "link",
        Action::Merge => "merge",
        Action::Delete => "delete",
        Action::Keys => "keys",
    }
}

/// What the table leaves to the settings and the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Circumstances {
    pub(crate) sees_all: bool,
    pub(crate) claims: bool,
    pub(crate) resolved: bool,
}

impl Circumstances {
    fn all() -> impl Iterator<Item = Self> {
        (0_u8..8).map(|bits| Self {
            sees_all: bits & 1 != 0,
            claims: bits & 2 != 0,
            resolved: bits & 4 != 0,
        })
    }

    pub(crate) fn settings(self) -> Settings {
        Settings {
            specialists_see: if self.sees_all {
                SpecialistsSee::All
            } else {
                SpecialistsSee::Assigned
            },
            specialists_claim: self.claims,
            ..Settings::default()
        }
    }

    fn means(self, literal: &str) -> bool {
        match literal {
            "-" => false,
            "yes" => true,
            "all" => self.sees_all,
            "free" => self.sees_all || self.claims,
            other => panic!("no such literal: {other}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) action: Action,
    pub(crate) column: String,
    pub(crate) circumstances: Circumstances,
    pub(crate) allowed: bool,
}

/// The table, each row a list of words.
pub(crate) fn literals() -> Vec<Vec<&'static str>> {
    TABLE.trim().lines().map(|line| line.split_whitespace().collect()).collect()
}

/// What the table says, a cell for every combination.
pub(crate) fn expected(rows: &[Vec<&str>]) -> Vec<Cell> {
    let header = &rows[0];
    let mut cells = Vec::new();
    for row in &rows[1..] {
        assert_eq!(row.len(), header.len(), "{row:?}");
        let action = ACTIONS.into_iter().find(|action| name(*action) == row[0]).unwrap();
        for (column, literal) in header.iter().zip(row).skip(1) {
            cells.extend(Circumstances::all().map(|circumstances| Cell {
                action,
                column: (*column).to_owned(),
                circumstances,
                allowed: circumstances.means(literal),
            }));
        }
    }
    cells
}

const ME: u8 = 9;
const COLLEAGUE: u8 = 8;

/// The ticket of user 1 that user 2 watches.
pub(crate) fn ticket(assignee: Option<u8>, resolved: bool) -> Ticket {
    static PLAIN: LazyLock<Ticket> = LazyLock::new(|| opened(plain(), &mut salts()).ticket);
    let mut ticket = PLAIN.clone();
    ticket.assignee = assignee.map(staff);
    ticket.status = if resolved { Status::Resolved } else { Status::InProcess };
    ticket
}

fn signed_in(who: u8, role: Role) -> Viewer {
    Viewer {
        user: Some((user(who), role)),
        keys: Vec::new(),
    }
}

fn with_key(number: TicketNumber, of: u8) -> Viewer {
    Viewer {
        user: None,
        keys: vec![(number, user(of))],
    }
}

/// Who stands in a column, and to whom the ticket is assigned then.
pub(crate) fn scene(column: &str) -> (Viewer, Option<u8>) {
    let colleague = Some(COLLEAGUE);
    match column {
        "guest" => (Viewer::default(), colleague),
        "k_req" => (with_key(NUMBER, 1), colleague),
        "k_cc" => (with_key(NUMBER, 2), colleague),
        "k_gone" => (with_key(NUMBER, 7), colleague),
        "k_else" => (with_key(TicketNumber(NUMBER.0 + 1), 1), colleague),
        "own" => (signed_in(1, Role::User), colleague),
        "other" => (signed_in(ME, Role::User), None),
        "watch" => (signed_in(2, Role::User), None),
        "ex_s" => (signed_in(ME, Role::User), Some(ME)),
        "s_mine" => (signed_in(ME, Role::Specialist), Some(ME)),
        "s_other" => (signed_in(ME, Role::Specialist), colleague),
        "s_none" => (signed_in(ME, Role::Specialist), None),
        "a_mine" => (signed_in(ME, Role::Administrator), Some(ME)),
        "a_other" => (signed_in(ME, Role::Administrator), colleague),
        "a_none" => (signed_in(ME, Role::Administrator), None),
        other => panic!("no such column: {other}"),
    }
}

pub(crate) fn standing(column: &str, circumstances: Circumstances) -> Standing {
    let (viewer, assignee) = scene(column);
    Standing::of(&viewer, &ticket(assignee, circumstances.resolved))
}

/// What the code says to the same questions.
fn actual(questions: &[Cell]) -> Vec<Cell> {
    let answer = |cell: &Cell| Cell {
        allowed: standing(&cell.column, cell.circumstances).permits(cell.action, &cell.circumstances.settings()),
        ..cell.clone()
    };
    questions.iter().map(answer).collect()
}

/// The cells in which the two disagree.
fn differences<'a>(table: &'a [Cell], code: &[Cell]) -> Vec<&'a Cell> {
    assert_eq!(table.len(), code.len());
    table
        .iter()
        .zip(code)
        .filter(|(table, code)| table != code)
        .map(|(table, _)| table)
        .collect()
}

#[test]
fn the_code_is_the_table() {
    let table = expected(&literals());
    let code = actual(&table);
    assert_eq!(table.len(), ACTIONS.len() * 15 * 8);
    println!(
        "compared {} cells: {} actions, 15 columns, 8 circumstances",
        table.len(),
        ACTIONS.len()
    );
    let wrong = differences(&table, &code);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_comparison_notices_any_single_cell() {
    let mut table = expected(&literals());
    let code = actual(&table);
    for index in 0..table.len() {
        table[index].allowed ^= true;
        let flipped = table[index].clone();
        assert_eq!(differences(&table, &code), [&flipped]);
        table[index].allowed ^= true;
    }
    assert!(differences(&table, &code).is_empty());
}

#[test]
fn the_comparison_notices_any_other_word_in_the_table() {
    let rows = literals();
    let code = actual(&expected(&rows));
    let mut tried = 0;
    for row in 1..rows.len() {
        for column in 1..rows[row].len() {
            for literal in LITERALS.into_iter().filter(|literal| *literal != rows[row][column]) {
                let mut forged = rows.clone();
                forged[row][column] = literal;
                assert!(!differences(&expected(&forged), &code).is_empty(), "{literal} in {row}, {column}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, ACTIONS.len() * 15 * 3);
}

/// 'A person who is both has both rights on it', and a key adds its own person's rights to a session.
#[test]
fn rights_add_up() {
    let table = expected(&literals());
    let yes: HashSet<(Action, &str, Circumstances)> = table
        .iter()
        .filter(|cell| cell.allowed)
        .map(|cell| (cell.action, cell.column.as_str(), cell.circumstances))
        .collect();
    let says = |column: &str, cell: &Cell| yes.contains(&(cell.action, column, cell.circumstances));
    let bases = ["other", "ex_s", "s_mine", "s_other", "s_none", "a_mine", "a_other", "a_none"];
    let relations = ["own", "watch", "k_req", "k_cc", "k_gone"];
    let mut compared = 0;
    for base in bases {
        for bits in 0_usize..1 << relations.len() {
            let held: Vec<&str> = (0..relations.len())
                .filter(|bit| bits >> bit & 1 == 1)
                .map(|bit| relations[bit])
                .collect();
            for cell in table.iter().filter(|cell| cell.column == base) {
                let (mut viewer, assignee) = scene(base);
                let mut ticket = ticket(assignee, cell.circumstances.resolved);
                for relation in &held {
                    match *relation {
                        "own" => ticket.requester.id = user(ME),
                        "watch" => ticket.cc.push(watcher(ME)),
                        key => viewer.keys.extend(scene(key).0.keys),
                    }
                }
                if held.contains(&"own") {
                    viewer
                        .keys
                        .iter_mut()
                        .filter(|key| key.1 == user(1))
                        .for_each(|key| key.1 = user(ME));
                }
                let wanted = cell.allowed || held.iter().any(|relation| says(relation, cell));
                let given = Standing::of(&viewer, &ticket).permits(cell.action, &cell.circumstances.settings());
                assert_eq!(given, wanted, "{base} + {held:?}: {cell:?}");
                compared += 1;
            }
        }
    }
    println!("compared {compared} cells of persons in several parts");
    assert_eq!(compared, bases.len() * 32 * ACTIONS.len() * 8);
}

#[test]
fn what_is_not_seen_is_not_there_and_what_is_seen_is_forbidden() {
    let table = expected(&literals());
    let (mut missing, mut forbidden) = (0, 0);
    for cell in &table {
        let sees = table.iter().any(|other| {
            other.action == Action::See && other.column == cell.column && other.circumstances == cell.circumstances && other.allowed
        });
        let wanted = match (cell.allowed, sees) {
            (true, _) => Ok(()),
            (false, true) => Err(Refusal::Forbidden),
            (false, false) => Err(Refusal::NotFound),
        };
        missing += usize::from(wanted == Err(Refusal::NotFound));
        forbidden += usize::from(wanted == Err(Refusal::Forbidden));
        let standing = standing(&cell.column, cell.circumstances);
        assert_eq!(require(standing, cell.action, &cell.circumstances.settings()), wanted, "{cell:?}");
    }
    assert!(missing > 100 && forbidden > 100, "{missing} {forbidden}");
}

#[test]
fn notes_are_seen_by_those_who_may_write_them() {
    for cell in expected(&literals()).iter().filter(|cell| cell.action == Action::Note) {
        let seen = standing(&cell.column, cell.circumstances).sees_hidden(&cell.circumstances.settings());
        assert_eq!(seen, cell.allowed, "{cell:?}");
    }
}

#[test]
fn can_repeats_the_table() {
    for cell in &expected(&literals()) {
        let standing = standing(&cell.column, cell.circumstances);
        let can = Can::of(standing, &cell.circumstances.settings());
        let shown = match cell.action {
            Action::See | Action::Keys | Action::Link | Action::Merge => continue,
            Action::Message => can.message,
            Action::Attach => can.attach,
            Action::Note => can.note,
            Action::Resolve => can.resolve,
            Action::Due => can.due,
            Action::Cc => can.cc,
            Action::Title => can.title,
            Action::Priority => can.priority,
            Action::Classify => can.classify,
            Action::Status => can.status,
            Action::Assign => can.assign,
            Action::Claim => can.claim,
            Action::Rate => can.rate,
            Action::Delete => can.delete,
        };
        // Nobody is offered to take what they have, or to rate what is not done.
        let mine = cell.action == Action::Claim && cell.column.ends_with("_mine");
        let undone = cell.action == Action::Rate && !cell.circumstances.resolved;
        assert_eq!(shown, cell.allowed && !mine && !undone, "{cell:?}");
    }
}

#[test]
fn keys_stop_with_their_persons_part() {
    let mut ticket = ticket(None, false);
    let settings = Settings::default();
    let may_see = |viewer: &Viewer, ticket: &Ticket| Standing::of(viewer, ticket).permits(Action::See, &settings);
    let key = with_key(NUMBER, 2);
    assert!(may_see(&key, &ticket));
    ticket.cc.clear();
    assert!(!may_see(&key, &ticket));
    assert!(!may_see(&with_key(NUMBER, COLLEAGUE), &self::ticket(Some(COLLEAGUE), false)));
}
