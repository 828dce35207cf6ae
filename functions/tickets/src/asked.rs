//! A request that changes one ticket: who asks, by which rules, and how it is remembered.

use std::sync::Arc;

use chamada_domain::draft::{Draft, Pen, Writer};
use chamada_domain::permission::{Action, Standing, Viewer, require};
use chamada_domain::{Refusal, Settings, Ticket, TicketNumber, User};
use chamada_store::{Configuration, Idempotency, StoreError, With};
use chamada_web::{App, Caller, Json, Problem, Write};

use crate::people::as_customer;
use crate::read::{answer, see};
use crate::view::TicketView;

/// What a change of a ticket rests on besides the ticket.
pub(crate) struct Asked {
    pub(crate) app: App,
    pub(crate) caller: Caller,
    pub(crate) viewer: Viewer,
    pub(crate) number: TicketNumber,
    pub(crate) idempotency: Option<Idempotency>,
    pub(crate) configuration: Arc<Configuration>,
}

impl Asked {
    /// Who asks for this of the ticket.
    pub(crate) async fn of<T>(app: App, caller: Caller, number: TicketNumber, request: &Write<T>) -> Result<Self, Problem> {
        Ok(Self {
            viewer: caller.viewer_of(&app, number).await?,
            idempotency: caller.idempotency(request, app.now())?,
            configuration: app.store.configuration().await?,
            app,
            caller,
            number,
        })
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.configuration.settings
    }

    /// What is written together with the change.
    pub(crate) fn with(&self) -> With<'_> {
        With {
            idempotency: self.idempotency.as_ref(),
            ..With::default()
        }
    }

    /// Lets those pass who may do `action` to the ticket.
    pub(crate) fn require(&self, ticket: &Ticket, action: Action) -> Result<(), Refusal> {
        require(Standing::of(&self.viewer, ticket), action, self.settings())
    }

    /// With the caller's own name; nobody's where they only hold keys, which permit nothing that is written with it.
    pub(crate) fn pen(&self) -> Pen {
        self.pen_of(self.caller.user.as_ref().map(Writer::of))
    }

    /// With the name of a customer.
    pub(crate) fn customer_pen(&self, customer: &User) -> Pen {
        self.pen_of(Some(as_customer(customer)))
    }

    fn pen_of(&self, author: Option<Writer>) -> Pen {
        Pen {
            at: self.app.now(),
            via: self.caller.channel().into(),
            author,
        }
    }

    /// Changes the ticket as `decide` drafts it. The ticket as it is then; for a request that was carried out before, as it is now.
    pub(crate) async fn change(&self, decide: impl FnMut(Ticket) -> Result<Draft, Refusal>) -> Result<Json<TicketView>, Problem> {
        let outcome = self.app.store.change_ticket(self.number, &self.with(), decide).await;
        self.answer(outcome.map(|draft| draft.ticket)).await
    }

    /// The ticket that a write came to, as the caller reads it; for a request that was carried out before, as it is now.
    pub(crate) async fn answer(&self, outcome: Result<Ticket, StoreError>) -> Result<Json<TicketView>, Problem> {
        let ticket = match outcome {
            Err(StoreError::Replayed(_)) => {
                let ticket = self.app.store.ticket(self.number).await?;
                see(&self.viewer, &ticket, self.settings())?;
                ticket
            }
            outcome => outcome?,
        };
        Ok(answer(&ticket, &self.viewer, self.settings()))
    }
}
