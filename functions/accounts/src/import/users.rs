//! People of a file.

use std::collections::{BTreeMap, HashMap, HashSet};

use chamada_domain::audit::{AuditChange, AuditTarget};
use chamada_domain::tree::Organisation;
use chamada_domain::{AuditAction, AuditKind, EmailAddress, Locale, Role, UnitId, User, UserId};
use chamada_platform::random;
use chamada_store::{Deed, StoreError};
use chamada_web::{App, Problem};
use futures::stream::{self, TryStreamExt};

use super::table::{Faults, Row, Table};
use super::{Became, Counts, remember, same};

pub(super) const COLUMNS: [&str; 5] = ["email", "name", "role", "locale", "company"];

/// How many accounts are written at a time.
const AT_ONCE: usize = 16;

/// One row, read. What is nothing stays as it is.
struct Wanted {
    line: u64,
    email: EmailAddress,
    name: Option<String>,
    role: Option<Role>,
    locale: Option<Locale>,
    company: Option<UnitId>,
}

impl Wanted {
    fn apply(&self, user: &mut User) {
        if let Some(name) = &self.name {
            user.name.clone_from(name);
        }
        user.role = self.role.unwrap_or(user.role);
        user.locale = self.locale.unwrap_or(user.locale);
        user.company_id = self.company.clone().or_else(|| user.company_id.clone());
    }

    /// The account as it shall be.
    fn of(&self, present: Option<&User>, app: &App, default: Locale) -> User {
        let mut user = present.cloned().unwrap_or_else(|| User {
            id: UserId::from_random(random()),
            email: self.email.clone(),
            name: String::new(),
            role: Role::User,
            locale: default,
            company_id: None,
            active: true,
            notify: true,
            created_at: app.now(),
            password_hash: None,
        });
        self.apply(&mut user);
        user
    }
}

/// What is to be done for one row.
struct Step<'a> {
    wanted: &'a Wanted,
    before: Option<User>,
    after: User,
}

impl Step<'_> {
    fn became(&self) -> Became {
        match &self.before {
            None => Became::Created,
            Some(before) if *before == self.after => Became::Unchanged,
            Some(_) => Became::Changed,
        }
    }

    /// How many more active administrators there are by this.
    fn administrators(&self) -> i64 {
        let administers = |user: &User| user.active && user.role == Role::Administrator;
        i64::from(administers(&self.after)) - i64::from(self.before.as_ref().is_some_and(administers))
    }
}

pub(super) async fn import(app: &App, table: &Table, deed: &Deed, dry_run: bool) -> Result<Counts, Problem> {
    let configuration = app.store.read_configuration().await?;
    let wanted = read_all(table, &configuration.organisation.value)?;
    let emails: Vec<EmailAddress> = wanted.iter().map(|row| row.email.clone()).collect();
    let present = app.store.users_by_email(&emails).await?;
    name_all(&wanted, &present)?;
    let default = configuration.settings.default_locale;
    let step = |(wanted, before): (_, Option<User>)| Step {
        after: Wanted::of(wanted, before.as_ref(), app, default),
        wanted,
        before,
    };
    let steps: Vec<Step<'_>> = wanted.iter().zip(present).map(step).collect();
    keep_an_administrator(app, &steps).await?;
    let mut counts = Counts::default();
    steps.iter().for_each(|step| counts.count(step.became()));
    if dry_run {
        return Ok(counts);
    }
    if counts.changes_nothing() {
        return remember(app, deed, counts).await;
    }
    write_all(app, &steps, deed).await?;
    finish(app, deed, counts).await
}

fn read_all(table: &Table, organisation: &Organisation) -> Result<Vec<Wanted>, Problem> {
    let (mut faults, mut seen) = (Faults::default(), HashSet::new());
    let companies = companies(organisation);
    let mut all = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        if let Some(wanted) = read(row, &companies, &mut faults) {
            if !seen.insert(wanted.email.clone()) {
                faults.note::<()>(row.line, "email", "duplicate", "This address stands here twice.");
            }
            all.push(wanted);
        }
    }
    faults.finish(all)
}

/// Refuses new people without a name.
fn name_all(wanted: &[Wanted], present: &[Option<User>]) -> Result<(), Problem> {
    let mut faults = Faults::default();
    let nameless = wanted
        .iter()
        .zip(present)
        .filter(|(row, user)| row.name.is_none() && user.is_none());
    for (row, _) in nameless {
        faults.note::<()>(row.line, "name", "required", "Who is new needs a name.");
    }
    faults.finish(())
}

/// Companies in use by their names in lower case; several may have the same.
fn companies(organisation: &Organisation) -> HashMap<String, Vec<UnitId>> {
    let all = organisation.corporations.iter().flat_map(|corporation| &corporation.companies);
    let mut by_name: HashMap<String, Vec<UnitId>> = HashMap::new();
    for company in all.filter(|company| !company.retired) {
        by_name.entry(company.name.to_lowercase()).or_default().push(company.id.clone());
    }
    by_name
}

fn read(row: &Row, companies: &HashMap<String, Vec<UnitId>>, faults: &mut Faults) -> Option<Wanted> {
    let email = row.required("email", 320, faults).and_then(|text| match text.parse() {
        Ok(email) => Some(email),
        Err(_) => faults.note(row.line, "email", "invalid", "This is not an e-mail address."),
    });
    let name = row.text("name", User::MAX_NAME, faults);
    let role = optional(row, "role", faults, |text| text.parse().ok());
    let locale = optional(row, "locale", faults, |text| {
        Locale::ALL.into_iter().find(|locale| same(locale.tag(), text))
    });
    let company = row.text("company", 100, faults).and_then(|name| {
        if name.is_empty() {
            return Some(None);
        }
        match companies.get(&name.to_lowercase()).map(Vec::as_slice) {
            Some([one]) => Some(Some(one.clone())),
            Some(_) => faults.note(row.line, "company", "ambiguous", "Several companies are called so."),
            None => faults.note(row.line, "company", "unknown", "There is no such company."),
        }
    });
    Some(Wanted {
        line: row.line,
        email: email?,
        name: Some(name?).filter(|name| !name.is_empty()),
        role: role?,
        locale: locale?,
        company: company?,
    })
}

fn optional<T>(row: &Row, column: &str, faults: &mut Faults, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    let text = row.cell(column);
    if text.is_empty() {
        return Some(None);
    }
    match parse(text) {
        Some(value) => Some(Some(value)),
        None => faults.note(row.line, column, "invalid", "This is none of the words that are allowed here."),
    }
}

/// Refuses a file after which nobody could administer.
async fn keep_an_administrator(app: &App, steps: &[Step<'_>]) -> Result<(), Problem> {
    let change: i64 = steps.iter().map(Step::administrators).sum();
    let leaving = || steps.iter().filter(|step| step.administrators() < 0);
    let present = i64::try_from(app.store.administrators().await?).unwrap_or(i64::MAX);
    let mut faults = Faults::default();
    if leaving().next().is_some() && present.saturating_add(change) < 1 {
        for step in leaving() {
            let detail = "No active administrator would be left.";
            faults.note::<()>(step.wanted.line, "role", "last_administrator", detail);
        }
    }
    faults.finish(())
}

/// Writes what is different: new administrators first and those who are none any longer last, so that there is one at every moment, wherever it
/// breaks off.
async fn write_all(app: &App, steps: &[Step<'_>], deed: &Deed) -> Result<(), Problem> {
    let companies: BTreeMap<String, ()> = steps
        .iter()
        .filter_map(|step| Some((step.wanted.company.as_ref()?.to_string(), ())))
        .collect();
    app.store.mark_used(companies.into_keys()).await?;
    // The request is remembered with the last step alone.
    let deed = deed.clone().once(None);
    for turn in [1, 0, -1] {
        let now = steps
            .iter()
            .filter(|step| step.administrators() == turn && step.became() != Became::Unchanged);
        let writes = stream::iter(now.map(Ok::<_, StoreError>));
        writes.try_for_each_concurrent(AT_ONCE, |step| write(app, step, &deed)).await?;
    }
    Ok(())
}

async fn write(app: &App, step: &Step<'_>, deed: &Deed) -> Result<(), StoreError> {
    let present = match &step.before {
        Some(before) => before.clone(),
        None => match app.store.create_user(&step.after, Some(deed)).await {
            // Somebody else made it meanwhile: then it is changed.
            Err(StoreError::Conflict(_) | StoreError::Raced) => {
                app.store.user_by_email(&step.wanted.email).await?.ok_or(StoreError::Raced)?
            }
            outcome => return outcome,
        },
    };
    let alter = |user: &mut User| {
        step.wanted.apply(user);
        Ok(())
    };
    match app.store.change_user(&present.id, Some(deed), alter).await {
        // Erased meanwhile: whoever asked for that wants nothing back.
        Ok(_) | Err(StoreError::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The last step: the whole import in the audit, and the request remembered.
async fn finish(app: &App, deed: &Deed, counts: Counts) -> Result<Counts, Problem> {
    let mut deed = deed.clone().answering(counts.made());
    for (field, count) in [("created", counts.created), ("changed", counts.changed)] {
        deed = deed.besides(AuditChange::to(field, count));
    }
    match app
        .store
        .note_alone(&deed, AuditAction::Imported, AuditTarget::the(AuditKind::Users))
        .await
    {
        Ok(()) => Ok(counts),
        Err(StoreError::Replayed(made)) => Counts::remembered(&made),
        Err(error) => Err(error.into()),
    }
}
