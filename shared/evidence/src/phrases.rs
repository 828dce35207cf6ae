//! What the page says, in three languages.

use chamada_domain::entry::{DeliveryAction, Event, Merged};
use chamada_domain::{Kind, Locale, Priority, Role, Status};

fn pick(locale: Locale, es: &'static str, pt: &'static str, en: &'static str) -> &'static str {
    match locale {
        Locale::Es => es,
        Locale::Pt => pt,
        Locale::En => en,
    }
}

macro_rules! fixed {
    ($($name:ident: $es:literal, $pt:literal, $en:literal;)*) => {$(
        pub(crate) fn $name(locale: Locale) -> &'static str {
            pick(locale, $es, $pt, $en)
        }
    )*};
}

fixed! {
    history_of: "Historial del ticket", "Histórico do chamado", "History of ticket";
    written_on: "Escrito el", "Escrito em", "Written on";
    site: "Sitio", "Site", "Site";
    head: "Huella de la última entrada", "Impressão digital da última entrada", "Fingerprint of the last entry";
    hash: "Huella", "Impressão digital", "Fingerprint";
    previous: "Huella anterior", "Impressão digital anterior", "Fingerprint before";
    hidden: "Esta entrada no es para usted: solo consta su huella.", "Esta entrada não é para você: só consta sua impressão digital.", "This entry is not for you: its fingerprint alone stands here.";
    erased: "(borrado)", "(apagado)", "(erased)";
    nobody: "(nadie)", "(ninguém)", "(nobody)";
    no_date: "(sin fecha)", "(sem data)", "(no date)";
    system: "Chamada", "Chamada", "Chamada";
    title: "Título", "Título", "Title";
    requester: "Solicitante", "Solicitante", "Requester";
    priority: "Prioridad", "Prioridade", "Priority";
    kind: "Tipo", "Tipo", "Kind";
    copies: "Copias", "Cópias", "Copies";
    classes: "Clasificación", "Classificação", "Classification";
    status: "Estado", "Status", "Status";
    specialist: "Especialista", "Especialista", "Specialist";
    due: "Fecha estimada", "Data estimada", "Estimated date";
    file: "Archivo", "Arquivo", "File";
    bytes: "bytes", "bytes", "bytes";
    mail_from: "Correo de", "E-mail de", "Mail from";
    mail_to: "Correo para", "E-mail para", "Mail to";
    mail_subject: "Asunto", "Assunto", "Subject";
    mail_original: "SHA-256 del correo original", "SHA-256 do e-mail original", "SHA-256 of the original mail";
    quoted: "Texto citado", "Texto citado", "Quoted text";
    unverified: "Remitente sin verificar", "Remetente não verificado", "Sender not verified";
    yes: "sí", "sim", "yes";
    stars: "Estrellas", "Estrelas", "Stars";
    comment: "Comentario", "Comentário", "Comment";
    other_ticket: "Otro ticket", "Outro chamado", "Other ticket";
    continues: "Continúa el ticket", "Continua o chamado", "Goes on from ticket";
    recipient: "Destinatario", "Destinatário", "Recipient";
    server_code: "Código del servidor", "Código do servidor", "Server's code";
    delivery: "Resultado", "Resultado", "Outcome";
}

/// What an entry is, in words.
pub(crate) fn event(locale: Locale, event: &Event) -> &'static str {
    let say = |es, pt, en| pick(locale, es, pt, en);
    match event {
        Event::Opened(_) => say("abrió el ticket", "abriu o chamado", "opened the ticket"),
        Event::Message(_) => say("escribió", "escreveu", "wrote"),
        Event::Note(_) => say("anotó, solo para el equipo", "anotou, só para a equipe", "noted, for staff alone"),
        Event::Status(_) => say("cambió el estado", "mudou o status", "changed the status"),
        Event::Assigned(_) => say("asignó el ticket", "atribuiu o chamado", "assigned the ticket"),
        Event::Due(_) => say("cambió la fecha estimada", "mudou a data estimada", "changed the estimated date"),
        Event::Priority(_) => say("cambió la prioridad", "mudou a prioridade", "changed the priority"),
        Event::Classified(_) => say("cambió la clasificación", "mudou a classificação", "changed the classification"),
        Event::Title(_) => say("cambió el título", "mudou o título", "changed the title"),
        Event::Cc(_) => say("cambió las copias", "mudou as cópias", "changed the copies"),
        Event::Reopened(_) => say("reabrió el ticket", "reabriu o chamado", "reopened the ticket"),
        Event::Delivery(_) => say(
            "recibió un aviso de entrega",
            "recebeu um aviso de entrega",
            "received a delivery notice",
        ),
        Event::Rated(_) => say("calificó la atención", "avaliou o atendimento", "rated the service"),
        Event::Linked(linked) if linked.removed => say(
            "quitó el vínculo con otro ticket",
            "removeu o vínculo com outro chamado",
            "untied another ticket",
        ),
        Event::Linked(_) => say("vinculó otro ticket", "vinculou outro chamado", "tied another ticket"),
        Event::Merged(Merged::Into(_)) => say("lo unió a otro ticket", "uniu-o a outro chamado", "merged it into another ticket"),
        Event::Merged(Merged::From(_)) => say(
            "unió otro ticket a este",
            "uniu outro chamado a este",
            "merged another ticket into it",
        ),
        Event::Deleted {} => say("eliminó el ticket", "excluiu o chamado", "deleted the ticket"),
        Event::Restored {} => say("restauró el ticket", "restaurou o chamado", "restored the ticket"),
        Event::Erased(_) => say(
            "borró palabras del historial",
            "apagou palavras do histórico",
            "erased words of the history",
        ),
    }
}

/// What somebody was.
pub(crate) fn role(locale: Locale, role: Role) -> &'static str {
    match role {
        Role::User => pick(locale, "cliente", "cliente", "customer"),
        Role::Specialist => pick(locale, "especialista", "especialista", "specialist"),
        Role::Administrator => pick(locale, "administración", "administração", "administrator"),
    }
}

pub(crate) fn status_word(locale: Locale, status: Status) -> &'static str {
    match status {
        Status::New => pick(locale, "Nuevo", "Novo", "New"),
        Status::InProcess => pick(locale, "En proceso", "Em andamento", "In process"),
        Status::OnHold => pick(locale, "En espera", "Em espera", "On hold"),
        Status::Resolved => pick(locale, "Resuelto", "Resolvido", "Resolved"),
        Status::Cancelled => pick(locale, "Cancelado", "Cancelado", "Cancelled"),
    }
}

pub(crate) fn priority_word(locale: Locale, priority: Priority) -> &'static str {
    match priority {
        Priority::Low => pick(locale, "Baja", "Baixa", "Low"),
        Priority::Normal => pick(locale, "Normal", "Normal", "Normal"),
        Priority::High => pick(locale, "Alta", "Alta", "High"),
        Priority::Urgent => pick(locale, "Urgente", "Urgente", "Urgent"),
    }
}

pub(crate) fn kind_word(locale: Locale, kind: Kind) -> &'static str {
    match kind {
        Kind::Incident => pick(locale, "Incidente", "Incidente", "Incident"),
        Kind::Requirement => pick(locale, "Requerimiento", "Requisição", "Requirement"),
    }
}

pub(crate) fn delivery_word(locale: Locale, action: DeliveryAction) -> &'static str {
    match action {
        DeliveryAction::Failed => pick(locale, "no llegó", "não chegou", "failed"),
        DeliveryAction::Delayed => pick(locale, "demorado", "atrasado", "delayed"),
        DeliveryAction::Delivered => pick(locale, "entregado", "entregue", "delivered"),
        DeliveryAction::Relayed => pick(locale, "reenviado", "encaminhado", "relayed"),
        DeliveryAction::Expanded => pick(locale, "repartido a varios", "distribuído a vários", "expanded"),
    }
}
