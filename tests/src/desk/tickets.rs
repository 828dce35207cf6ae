//! Tickets that are there before a test begins, written by the domain and the store alone.

use chamada_domain::amend::{Amendment, amend};
use chamada_domain::draft::{Draft, Pen, Writer};
use chamada_domain::entry::{AttachedFile, Place};
use chamada_domain::message::{NewMessage, Voice, post};
use chamada_domain::open::{NewTicket, open};
use chamada_domain::word::Word;
use chamada_domain::{AttachmentId, Channel, Kind, Priority, Ticket, TicketNumber, User, Via, Visibility};
use chamada_platform::{Secret, random, secret_hash};
use chamada_store::{HeldKey, StoredUpload, TicketKey, Upload, Uploads, With};
use time::Duration;

use super::Desk;

impl Desk {
    /// A ticket of this person.
    pub async fn ticket(&self, requester: &User) -> Ticket {
        self.ticket_of(requester, &With::default(), |_| ()).await
    }

    /// A ticket of this person in which something is otherwise.
    pub async fn ticket_of(&self, requester: &User, with: &With<'_>, otherwise: impl FnOnce(&mut NewTicket)) -> Ticket {
        let draft = self.draft_of(requester, otherwise).await;
        self.app.store.open_ticket(&draft, with).await.unwrap();
        draft.ticket
    }

    /// A ticket that a stranger opened in this person's name, held until they come.
    pub async fn held(&self, requester: &User) -> Ticket {
        let mut draft = self.draft_of(requester, |_| ()).await;
        draft.ticket.held = true;
        self.app.store.open_ticket(&draft, &With::default()).await.unwrap();
        draft.ticket
    }

    /// A ticket of this person, not written yet.
    pub async fn draft_of(&self, requester: &User, otherwise: impl FnOnce(&mut NewTicket)) -> Draft {
        let number = self.app.store.next_number().await.unwrap();
        let mut new = NewTicket {
            channel: Channel::Web,
            title: "The printer is on fire".into(),
            body: "Smoke".into(),
            requester: requester.as_person(),
            place: Place::unclassified(Kind::Incident),
            priority: Priority::Normal,
            cc: Vec::new(),
            attachments: Vec::new(),
            mail: None,
            quoted: None,
            continues: None,
        };
        otherwise(&mut new);
        open(number, new, &self.pen(requester), &mut random).unwrap()
    }

    /// Gives a ticket to somebody.
    pub async fn assign(&self, number: TicketNumber, to: &User) -> Ticket {
        let change = || Amendment {
            assignee: Some(Some(to.as_staff_member())),
            ..Amendment::default()
        };
        let pen = Pen {
            author: None,
            ..self.pen(to)
        };
        let decide = |ticket: Ticket| Ok(amend(ticket, change(), &pen, &mut random));
        self.app.store.change_ticket(number, &With::default(), decide).await.unwrap().ticket
    }

    /// Writes into a ticket as staff.
    pub async fn answer(&self, number: TicketNumber, author: &User, body: &str, otherwise: impl FnOnce(&mut NewMessage), with: &With<'_>) {
        let mut message = NewMessage {
            body: body.into(),
            visibility: Visibility::Public,
            attachments: Vec::new(),
            mail: None,
            quoted: None,
            voice: Voice::Staff,
            resolve: false,
            due_at: None,
            through: None,
        };
        otherwise(&mut message);
        let pen = self.pen(author);
        let decide = |ticket| Ok(post(ticket, message.clone(), &pen, &mut random));
        self.app.store.change_ticket(number, with, decide).await.unwrap();
    }

    fn pen(&self, author: &User) -> Pen {
        Pen {
            at: self.now(),
            via: Via::Web,
            author: Some(Writer::of(author)),
        }
    }

    /// A key of a ticket, as it would be mailed to this person, for so long.
    pub async fn key(&self, ticket: TicketNumber, person: &User, lives: Duration) -> String {
        let secret = Secret::generate();
        let now = self.now();
        let key = TicketKey {
            person: person.id.clone(),
            created_at: now,
            valid_until: now.plus(lives),
        };
        self.app.store.save_ticket_key(ticket, &secret_hash(&secret), &key).await.unwrap();
        secret.expose().to_owned()
    }

    /// A key of a ticket, good for 30 days, as the browser holds it that opened its link.
    pub async fn held_key(&self, ticket: TicketNumber, person: &User) -> HeldKey {
        let secret = self.key(ticket, person, Duration::days(30)).await;
        HeldKey {
            ticket,
            hash: secret_hash(&Secret::new(secret)),
            person: person.id.clone(),
        }
    }

    /// A file of this person's that is uploaded, as far as the table knows, and hangs on no ticket yet.
    pub async fn uploaded(&self, owner: &User, name: &str) -> AttachmentId {
        let upload = Upload {
            id: AttachmentId::from_random(random()),
            name: name.into(),
            content_type: "text/plain".into(),
            size: 4,
            sha256: "ab".repeat(32),
            created_at: self.now(),
        };
        let (store, owner) = (&self.app.store, owner.id.to_string());
        store.create_upload(&upload, &owner, None).await.unwrap();
        store.complete_upload(&upload.id, &owner).await.unwrap();
        upload.id
    }

    /// An upload as a ticket or a message takes it, and what the store is told of it.
    pub async fn attachable(&self, owner: &User, id: &AttachmentId) -> (AttachedFile, Uploads) {
        let StoredUpload { upload, .. } = self.app.store.upload(id, self.now()).await.unwrap();
        let file = AttachedFile {
            attachment_id: upload.id,
            name: Word::new(upload.name, &mut random),
            content_type: upload.content_type,
            size: upload.size,
            sha256: upload.sha256,
            inline: false,
        };
        let uploads = Uploads {
            owner: owner.id.to_string(),
            ids: vec![id.clone()],
        };
        (file, uploads)
    }
}
