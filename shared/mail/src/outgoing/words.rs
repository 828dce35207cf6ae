//! What our mails say, in three languages. No sentence is glued from parts.

use chamada_domain::{Locale, Status, Timestamp};
use time::{OffsetDateTime, UtcOffset};

use crate::reply::OURS;

/// Picks the text of a language.
fn pick<T>(locale: Locale, es: T, pt: T, en: T) -> T {
    match locale {
        Locale::Es => es,
        Locale::Pt => pt,
        Locale::En => en,
    }
}

macro_rules! fixed {
    ($($(#[$doc:meta])* $name:ident: $es:literal, $pt:literal, $en:literal;)*) => {$(
        $(#[$doc])*
        pub(super) fn $name(locale: Locale) -> &'static str {
            pick(locale, $es, $pt, $en)
        }
    )*};
}

fixed! {
    label_ticket: "Ticket", "Chamado", "Ticket";
    label_status: "Estado", "Status", "Status";
    label_due: "Fecha estimada", "Data estimada", "Estimated date";
    label_specialist: "Especialista", "Especialista", "Specialist";
    label_site: "Sucursal", "Filial", "Site";
    label_requester: "Solicitante", "Solicitante", "Requester";
    open_and_answer: "Ver el ticket y responder", "Ver o chamado e responder", "See the ticket and answer";
    open_ticket: "Ver el ticket", "Ver o chamado", "See the ticket";
    sign_in: "Entrar", "Entrar", "Sign in";
    stays_in_ticket: "Su mensaje queda en el ticket.", "Sua mensagem fica no chamado.", "Your message is kept in the ticket.";
    no_password: "Entra sin contraseña.", "Entra sem senha.", "It opens without a password.";
    once_expired: "Si ya venció, ábralo igual: ahí puede pedir otro.", "Se já venceu, abra-o mesmo assim: ali você pode pedir outro.", "Once it has expired, open it all the same: there you can ask for another.";
    choose_notices: "Elegir qué avisos recibo", "Escolher quais avisos recebo", "Choose which notices I get";
    because_of_ticket: "Recibe este correo porque participa en este ticket.", "Você recebe este e-mail porque participa deste chamado.", "You get this mail because you take part in this ticket.";
    because_of_assignment: "Recibe este correo porque atiende este ticket.", "Você recebe este e-mail porque atende este chamado.", "You get this mail because you attend to this ticket.";
    because_asked: "Recibe este correo porque alguien pidió un enlace para esta dirección. Si no fue usted, no haga nada.", "Você recebe este e-mail porque alguém pediu um link para este endereço. Se não foi você, não faça nada.", "You get this mail because somebody asked for a link for this address. If it was not you, do nothing.";
    received: "Recibimos su solicitud. Le avisaremos por correo cuando haya una respuesta.", "Recebemos sua solicitação. Avisaremos por e-mail quando houver uma resposta.", "We have received your request. We will tell you by mail when there is an answer.";
    confirm: "Se abrió una solicitud a su nombre. Ábrala para confirmarla: recién entonces la recibe nuestro equipo.", "Uma solicitação foi aberta em seu nome. Abra-a para confirmá-la: só então nossa equipe a recebe.", "A request was opened in your name. Open it to confirm it: only then does our team receive it.";
    received_short: "Recibimos su solicitud", "Recebemos sua solicitação", "We have received your request";
    your_words: "Usted escribió:", "Você escreveu:", "You wrote:";
    reopens: "Si el problema sigue, responda este correo y el ticket se abre otra vez.", "Se o problema continuar, responda este e-mail e o chamado será reaberto.", "If the problem is still there, answer this mail and the ticket opens again.";
    no_date: "Sin fecha", "Sem data", "No date";
    sign_in_title: "Su enlace para entrar", "Seu link para entrar", "Your sign-in link";
    sign_in_text: "Abra este enlace en el equipo en que quiere entrar.", "Abra este link no aparelho em que quer entrar.", "Open this link on the device on which you want to sign in.";
    new_link_text: "Este es su nuevo enlace al ticket. El anterior ya no sirve.", "Este é o seu novo link para o chamado. O anterior não funciona mais.", "This is your new link to the ticket. The old one no longer works.";
    label_day: "Día (UTC)", "Dia (UTC)", "Day (UTC)";
    label_root: "Raíz del día", "Raiz do dia", "Root of the day";
    label_previous_root: "Raíz anterior", "Raiz anterior", "Root before";
    open_site: "Abrir el sitio", "Abrir o site", "Open the site";
    root_text: "Guarde este correo: con él se comprueba, sin confiar en el servidor, que ningún historial se reescribió hasta ese día.", "Guarde este e-mail: com ele se comprova, sem confiar no servidor, que nenhum histórico foi reescrito até esse dia.", "Keep this mail: with it anyone can check, without trusting the server, that no history was rewritten up to that day.";
    because_administrator: "Recibe este correo porque administra este sitio.", "Você recebe este e-mail porque administra este site.", "You get this mail because you administer this site.";
    head: "Huella del historial:", "Impressão digital do histórico:", "Fingerprint of the history:";
}

/// The line above which one answers; [`crate::reply`] knows it again.
pub(super) fn above(locale: Locale) -> &'static str {
    pick(locale, OURS[0], OURS[1], OURS[2])
}

/// A status in words.
pub(super) fn status(locale: Locale, status: Status) -> &'static str {
    match status {
        Status::New => pick(locale, "Nuevo", "Novo", "New"),
        Status::InProcess => pick(locale, "En proceso", "Em andamento", "In process"),
        Status::OnHold => pick(locale, "En espera", "Em espera", "On hold"),
        Status::Resolved => pick(locale, "Resuelto", "Resolvido", "Resolved"),
        Status::Cancelled => pick(locale, "Cancelado", "Cancelado", "Cancelled"),
    }
}

/// What somebody did, and when, behind their name: `respondió hoy, 10:53`.
pub(super) fn replied(locale: Locale, at: &str) -> String {
    pick(
        locale,
        format!("respondió {at}"),
        format!("respondeu {at}"),
        format!("answered {at}"),
    )
}

/// Likewise for a solution.
pub(super) fn resolved(locale: Locale, at: &str) -> String {
    pick(
        locale,
        format!("resolvió el ticket {at}"),
        format!("resolveu o chamado {at}"),
        format!("resolved the ticket {at}"),
    )
}

/// That a status changed.
pub(super) fn status_changed(locale: Locale, status: &str) -> String {
    pick(
        locale,
        format!("El estado del ticket cambió a «{status}»."),
        format!("O status do chamado mudou para “{status}”."),
        format!("The ticket's status is now “{status}”."),
    )
}

/// That a date changed; empty where it was taken away.
pub(super) fn due_changed(locale: Locale, due: &str) -> String {
    if due.is_empty() {
        return pick(
            locale,
            "El ticket ya no tiene fecha estimada.",
            "O chamado não tem mais data estimada.",
            "The ticket no longer has an estimated date.",
        )
        .to_owned();
    }
    pick(
        locale,
        format!("La fecha estimada del ticket es ahora: {due}."),
        format!("A data estimada do chamado agora é: {due}."),
        format!("The ticket's estimated date is now: {due}."),
    )
}

/// That a ticket was assigned; `by` may be empty.
pub(super) fn assigned(locale: Locale, by: &str) -> String {
    if by.is_empty() {
        return pick(
            locale,
            "Tiene un ticket asignado.",
            "Você tem um chamado atribuído.",
            "A ticket is assigned to you.",
        )
        .to_owned();
    }
    pick(
        locale,
        format!("{by} le asignó este ticket."),
        format!("{by} atribuiu este chamado a você."),
        format!("{by} has assigned this ticket to you."),
    )
}

/// What the mail about a day's root is called.
pub(super) fn root_title(locale: Locale, date: &str) -> String {
    pick(
        locale,
        format!("Raíz del {date}"),
        format!("Raiz de {date}"),
        format!("Root of {date}"),
    )
}

/// Whose words follow.
pub(super) fn wrote(locale: Locale, name: &str) -> String {
    pick(
        locale,
        format!("{name} escribió:"),
        format!("{name} escreveu:"),
        format!("{name} wrote:"),
    )
}

/// How long a personal link is good for.
pub(super) fn link_days(locale: Locale, days: u16) -> String {
    let day = |one: &'static str, many: &'static str| if days == 1 { one } else { many };
    pick(
        locale,
        format!("El enlace es personal y vale {days} {}: no lo reenvíe.", day("día", "días")),
        format!("O link é pessoal e vale {days} {}: não o encaminhe.", day("dia", "dias")),
        format!(
            "The link is personal and good for {days} {}: do not pass it on.",
            day("day", "days")
        ),
    )
}

/// Likewise for a sign-in link.
pub(super) fn link_minutes(locale: Locale, minutes: u16) -> String {
    let minute = |one: &'static str, many: &'static str| if minutes == 1 { one } else { many };
    pick(
        locale,
        format!(
            "El enlace es personal, vale {minutes} {} y sirve una vez: no lo reenvíe.",
            minute("minuto", "minutos")
        ),
        format!(
            "O link é pessoal, vale {minutes} {} e serve uma vez: não o encaminhe.",
            minute("minuto", "minutos")
        ),
        format!(
            "The link is personal, good for {minutes} {} and for one use: do not pass it on.",
            minute("minute", "minutes")
        ),
    )
}

/// Who sends it.
pub(super) fn with_chamada(locale: Locale, site: &str) -> String {
    if site == "Chamada" {
        return "Chamada.".to_owned();
    }
    pick(
        locale,
        format!("{site}, con Chamada."),
        format!("{site}, com Chamada."),
        format!("{site}, with Chamada."),
    )
}

/// Moments as a recipient reads them.
pub(super) struct Clock<'a> {
    pub(super) locale: Locale,
    pub(super) now: Timestamp,
    pub(super) offset: UtcOffset,
    pub(super) zone: &'a str,
}

impl Clock<'_> {
    fn local(&self, at: Timestamp) -> OffsetDateTime {
        let at = at.as_offset();
        at.checked_to_offset(self.offset).unwrap_or(at)
    }

    fn is_today(&self, at: Timestamp) -> bool {
        self.local(at).date() == self.local(self.now).date()
    }

    fn day(&self, at: Timestamp) -> String {
        const ES: [&str; 12] = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"];
        const PT: [&str; 12] = ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"];
        const EN: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let local = self.local(at);
        let month = usize::from(u8::from(local.month())) - 1;
        let name = pick(self.locale, ES, PT, EN)[month];
        let year = if local.year() == self.local(self.now).year() {
            String::new()
        } else {
            format!(" {}", local.year())
        };
        format!("{} {name}{year}", local.day())
    }

    fn time(&self, at: Timestamp) -> String {
        let local = self.local(at);
        let zone = if self.zone.is_empty() {
            String::new()
        } else {
            format!(" {}", self.zone)
        };
        format!("{:02}:{:02}{zone}", local.hour(), local.minute())
    }

    /// In a sentence: `hoy, 10:53`, `21 nov, 10:53`, `21 nov 2025, 10:53`.
    pub(super) fn said(&self, at: Timestamp) -> String {
        let day = if self.is_today(at) {
            pick(self.locale, "hoy", "hoje", "today").to_owned()
        } else {
            self.day(at)
        };
        format!("{day}, {}", self.time(at))
    }

    /// As a fact: the date always, since mails are read later: `Hoy, 22 nov, 13:00`.
    pub(super) fn fact(&self, at: Timestamp) -> String {
        let today = if self.is_today(at) {
            pick(self.locale, "Hoy, ", "Hoje, ", "Today, ")
        } else {
            ""
        };
        format!("{today}{}, {}", self.day(at), self.time(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_that_is_called_chamada_says_so_once() {
        assert_eq!(with_chamada(Locale::Es, "Mesa de ayuda"), "Mesa de ayuda, con Chamada.");
        assert_eq!(with_chamada(Locale::Es, "Chamada"), "Chamada.");
    }

    #[test]
    fn moments() {
        let clock = Clock {
            locale: Locale::Es,
            now: "2026-11-22T13:53:00Z".parse().unwrap(),
            offset: UtcOffset::from_hms(-3, 0, 0).unwrap(),
            zone: "",
        };
        assert_eq!(clock.said("2026-11-22T13:53:00Z".parse().unwrap()), "hoy, 10:53");
        assert_eq!(clock.fact("2026-11-22T16:00:00Z".parse().unwrap()), "Hoy, 22 nov, 13:00");
        assert_eq!(clock.said("2026-11-22T02:00:00Z".parse().unwrap()), "21 nov, 23:00");
        assert_eq!(clock.fact("2027-01-02T16:00:00Z".parse().unwrap()), "2 ene 2027, 13:00");
    }
}
