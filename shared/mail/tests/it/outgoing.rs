//! Mails out, read again by mail-parser and by ourselves.

use chamada_domain::{EmailAddress, LinkId, Locale, Status, TicketNumber, Timestamp, UserId};
use chamada_mail::{ComposeError, Envelope, Kind, Limits, MailKey, News, Outgoing, Recipient, Thread, Ticket, compose, read};
use mail_parser::{HeaderName, Message, MessageParser};
use time::UtcOffset;

/// What a mail is made of, owned, for tests to change.
pub(crate) struct World {
    pub(crate) person: UserId,
    pub(crate) name: String,
    pub(crate) address: EmailAddress,
    pub(crate) sender: EmailAddress,
    pub(crate) site_name: String,
    pub(crate) title: String,
    pub(crate) locale: Locale,
    pub(crate) references: Vec<String>,
    pub(crate) link: LinkId,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            person: UserId::from_random([0xab; 10]),
            name: "Camila Rojas".to_owned(),
            address: "camila@farmaciasluz.cl".parse().unwrap(),
            sender: "ayuda@andino.cl".parse().unwrap(),
            site_name: "Mesa de ayuda de Grupo Andino".to_owned(),
            title: "Terminal de pago rechaza tarjetas con chip".to_owned(),
            locale: Locale::Es,
            references: vec!["first@farmaciasluz.cl".to_owned(), "second@andino.cl".to_owned()],
            link: LinkId::from_random([1; 10]),
        }
    }

    fn envelope(&self) -> Envelope<'_> {
        Envelope {
            site_name: &self.site_name,
            site_url: "https://ayuda.farmaciasluz.cl",
            prefix: "CH",
            sender: &self.sender,
            recipient: Recipient {
                person: &self.person,
                name: &self.name,
                address: &self.address,
                locale: self.locale,
            },
            date: at("2026-11-22T13:53:00Z"),
            utc_offset: UtcOffset::from_hms(-3, 0, 0).unwrap(),
            zone_label: "",
        }
    }

    fn ticket(&self) -> Ticket<'_> {
        Ticket {
            number: TicketNumber(2841),
            seq: 17,
            title: &self.title,
            status: Status::InProcess,
            due: Some(at("2026-11-22T16:00:00Z")),
            specialist: Some("Ana Ribeiro"),
            site: Some("Farmacias Luz, Providencia 1208"),
            head: Some("c0ffee"),
            key: Some("Vb3vN0tqk2J7cE5yWmXh1dPZ8oRrL4gA6sTfUuKiQxM"),
            key_days: 30,
            references: &self.references,
        }
    }

    pub(crate) fn reply(&self, text: &str) -> Outgoing {
        self.news(News::Reply {
            author: "Ana Ribeiro",
            at: at("2026-11-22T13:53:00Z"),
            text,
        })
    }

    fn news(&self, news: News<'_>) -> Outgoing {
        compose(&key(), &self.envelope(), &Kind::News(self.ticket(), news)).unwrap()
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn key() -> MailKey {
    MailKey::new([7; 32])
}

pub(crate) fn parsed(mail: &Outgoing) -> Message<'_> {
    MessageParser::default().parse(&mail.raw).unwrap()
}

/// RFC 5322 §2.1.1 and §2.3: CRLF alone ends lines, none is over 78 where it can be broken, and all is ASCII.
pub(crate) fn is_well_formed(raw: &[u8]) {
    assert!(raw.is_ascii());
    let text = std::str::from_utf8(raw).unwrap();
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "a lone CR or LF");
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(body.lines().all(|line| line.len() <= 78), "a body line over 78");
    for line in head.lines() {
        let breakable = line.trim_start().splitn(2, ": ").last().unwrap_or_default().contains(' ');
        assert!(line.len() <= 78 || !breakable && line.len() <= 998, "{} bytes: {line}", line.len());
    }
}

const ANSWER: &str = "Hola Camila, el técnico sale ahora de Quilicura con el lector nuevo y llega antes de las 13:00. Mientras tanto pueden usar la \
                      terminal de la caja 2.\n\nMás: https://andino.cl/a?b=c&d=e.";

#[test]
fn a_staff_reply_as_the_mockup_has_it() {
    let world = World::new();
    let mail = world.reply(ANSWER);
    is_well_formed(&mail.raw);
    let message = parsed(&mail);
    assert_eq!(message.subject(), Some("[CH-2841] Terminal de pago rechaza tarjetas con chip"));
    assert_eq!(message.message_id(), Some(mail.message_id.as_str()));
    assert_eq!(message.in_reply_to().as_text(), Some("second@andino.cl"));
    assert_eq!(
        message.references().as_text_list().unwrap(),
        ["first@farmaciasluz.cl", "second@andino.cl"]
    );
    assert_eq!(message.date().unwrap().to_timestamp(), 1_795_355_580);
    let from = message.from().unwrap().first().unwrap();
    assert_eq!(
        (from.name(), from.address()),
        (Some("Mesa de ayuda de Grupo Andino"), Some("ayuda@andino.cl"))
    );
    // A person wrote it: vacation programs may answer, and it cannot be switched off.
    assert_eq!(message.header(HeaderName::AutoSubmitted), None);
    assert_eq!(message.header(HeaderName::ListUnsubscribe), None);

    let text = message.body_text(0).unwrap().replace("\r\n", "\n");
    let wanted = [
        "-- Puede responder a este correo, por encima de esta línea --\n\nAna Ribeiro respondió hoy, 10:53:\n\nHola Camila,",
        "Ticket: CH-2841, Terminal de pago rechaza tarjetas con chip\nEstado: En proceso\nFecha estimada: Hoy, 22 nov, 13:00\nEspecialista: Ana Ribeiro\nSucursal: Farmacias Luz",
        "vale 30 días: no lo reenvíe. Si ya venció, ábralo igual: ahí puede pedir otro.)\nhttps://ayuda.farmaciasluz.cl/#/t/2841?key=Vb3vN0tqk2J7cE5yWmXh1dPZ8oRrL4gA6sTfUuKiQxM\n",
        "Mesa de ayuda de Grupo Andino, con Chamada.",
        "Huella del historial: c0ffee\nElegir qué avisos recibo: https://ayuda.farmaciasluz.cl/#/notices\n",
    ];
    for piece in wanted {
        assert!(text.contains(piece), "{piece:?} in:\n{text}");
    }
    assert!(text.contains(ANSWER));

    let html = message.body_html(0).unwrap();
    for piece in [
        "<a class=\"lnk\" href=\"https://andino.cl/a?b=c&#38;d=e\"",
        "<b style=\"font-weight:600\">Ana Ribeiro</b> <span class=\"mut\" style=\"color:#62686d\">respondió hoy, 10:53</span>",
        "href=\"https://ayuda.farmaciasluz.cl/#/t/2841?key=Vb3vN0tqk2J7cE5yWmXh1dPZ8oRrL4gA6sTfUuKiQxM\"",
        "En proceso</span>",
        "prefers-color-scheme: dark",
    ] {
        assert!(html.contains(piece), "{piece} in:\n{html}");
    }
    assert!(!html.contains("<img") && !html.contains("url("), "images or remote styles");
}

/// Mail programs quote all of what is answered; in the ticket, others read it.
#[test]
fn who_answers_a_mail_does_not_give_its_key_away() {
    const KEY: &str = "Vb3vN0tqk2J7cE5yWmXh1dPZ8oRrL4gA6sTfUuKiQxM";
    let mail = World::new().reply("Hola");
    let message = parsed(&mail);
    let (text, html) = (message.body_text(0).unwrap(), message.body_html(0).unwrap());
    assert!(text.contains(KEY) && html.contains(KEY), "the mail itself has it");
    let quote: String = text.lines().map(|line| format!("> {line}\r\n")).collect();
    let answer = format!(
        "From: camila@farmaciasluz.cl\r\nSubject: Re: ?key={KEY}\r\nIn-Reply-To: <{}>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; \
         boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGracias\r\n\r\nOn Mon, 2 Mar 2026 at 10:00, Support wrote:\r\n{quote}\r\n\
         --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Gracias<blockquote>{html}</blockquote>\r\n--b--\r\n",
        mail.message_id
    );
    let read = read(answer.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(read.text.trim(), "Gracias");
    assert!(read.quoted.contains("/#/t/2841?key=…") && read.html.as_deref().unwrap_or_default().contains("/#/t/2841?key=…"));
    assert!(!format!("{read:?}").contains(KEY));
}

#[test]
fn an_answer_finds_its_ticket_and_our_own_mail_is_known() {
    let world = World::new();
    let mail = world.reply("Hola");
    let own = read(&mail.raw, &Limits::default()).unwrap();
    assert!(key().is_own(&own));
    assert!(!MailKey::new([8; 32]).is_own(&own));

    let message = parsed(&mail);
    let reply_to = message.reply_to().unwrap().first().unwrap().address().unwrap().to_owned();
    let quote = message
        .body_text(0)
        .unwrap()
        .lines()
        .map(|line| format!("> {line}\n"))
        .collect::<String>();
    let thread = Thread {
        ticket: TicketNumber(2841),
        person: world.person.clone(),
    };
    for clue in [
        format!("To: {reply_to}"),
        format!("Delivered-To: {reply_to}"),
        format!("References: <x@y> <{}>", mail.message_id),
    ] {
        let answer = format!(
            "From: camila@farmaciasluz.cl\nSubject: RE: {}\n{clue}\n\nGracias\n\nEl dom, 22 nov 2026 a las 10:53, x (<a@b.c>) escribió:\n{quote}",
            mail.subject
        );
        let answer = read(answer.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(key().threads(&answer), std::slice::from_ref(&thread), "{clue}");
        assert_eq!(MailKey::new([8; 32]).threads(&answer), []);
        assert_eq!(answer.text, "Gracias");
        assert_eq!(answer.subject_ticket("CH"), Some(TicketNumber(2841)));
        assert!(!key().is_own(&answer));
    }
}

#[test]
fn the_same_event_makes_the_same_bytes() {
    let world = World::new();
    assert_eq!(world.reply(ANSWER), world.reply(ANSWER));
    let mut other = World::new();
    other.person = UserId::from_random([0xcd; 10]);
    assert_ne!(world.reply(ANSWER).message_id, other.reply(ANSWER).message_id);
}

#[test]
fn every_kind_in_every_language() {
    for locale in Locale::ALL {
        let mut world = World::new();
        world.locale = locale;
        let (ana, now) = ("Ana Ribeiro", at("2026-11-22T13:53:00Z"));
        let plain = Ticket {
            key: None,
            due: None,
            ..world.ticket()
        };
        let kinds = [
            (
                Kind::News(world.ticket(), News::Received { text: "no anda" }),
                ["Recibimos su solicitud", "Recebemos sua solicitação", "We have received"],
                true,
            ),
            (
                Kind::News(
                    world.ticket(),
                    News::Reply {
                        author: ana,
                        at: now,
                        text: "x",
                    },
                ),
                ["respondió hoy", "respondeu hoje", "answered today"],
                false,
            ),
            (
                Kind::News(
                    plain,
                    News::Answer {
                        author: "Camila",
                        at: now,
                        text: "x",
                    },
                ),
                ["respondió hoy", "respondeu hoje", "answered today"],
                false,
            ),
            (
                Kind::News(
                    world.ticket(),
                    News::Resolved {
                        author: ana,
                        at: now,
                        text: "",
                    },
                ),
                ["resolvió el ticket", "resolveu o chamado", "resolved the ticket"],
                false,
            ),
            (
                Kind::News(world.ticket(), News::StatusChanged),
                ["«En proceso»", "“Em andamento”", "“In process”"],
                true,
            ),
            (
                Kind::News(world.ticket(), News::DueChanged),
                ["es ahora: Hoy, 22 nov", "agora é: Hoje, 22 nov", "is now: Today, 22 Nov"],
                true,
            ),
            (
                Kind::News(plain, News::DueChanged),
                ["ya no tiene fecha", "não tem mais data", "no longer has"],
                true,
            ),
            (
                Kind::News(
                    plain,
                    News::Assigned {
                        by: "Luis",
                        requester: "Camila",
                        text: "no anda",
                    },
                ),
                ["Luis le asignó", "Luis atribuiu", "Luis has assigned"],
                true,
            ),
            (
                Kind::SignIn {
                    link: &world.link,
                    secret: "s3-cr_et",
                    minutes: 20,
                },
                ["/#/m/s3-cr_et", "/#/m/s3-cr_et", "/#/m/s3-cr_et"],
                true,
            ),
            (
                Kind::TicketLink {
                    link: &world.link,
                    ticket: world.ticket(),
                },
                ["nuevo enlace", "novo link", "new link"],
                true,
            ),
        ];
        for (kind, pieces, automatic) in kinds {
            let mail = compose(&key(), &world.envelope(), &kind).unwrap();
            is_well_formed(&mail.raw);
            let message = parsed(&mail);
            let piece = pieces[Locale::ALL.iter().position(|l| *l == locale).unwrap()];
            let (text, html) = (message.body_text(0).unwrap(), message.body_html(0).unwrap());
            assert!(text.contains(piece) && html.contains(piece), "{piece} in:\n{text}");
            assert!(!text.contains("\n\n\n") && !text.contains("\r\n\r\n\r\n"), "gaps in:\n{text}");
            assert!(html.contains(&format!("lang=\"{}\"", locale.tag())));
            assert_eq!(message.header(HeaderName::AutoSubmitted).is_some(), automatic, "{piece}");
            // What comes back from a program that answers everything is no ticket.
            assert!(key().is_own(&read(&mail.raw, &Limits::default()).unwrap()));
        }
        let staff = compose(&key(), &world.envelope(), &Kind::News(plain, News::StatusChanged)).unwrap();
        assert!(!String::from_utf8_lossy(&staff.raw).contains("key="), "staff get no key");
    }
}

#[test]
fn nothing_gets_out_of_its_place() {
    let evil = "x\r\nBcc: spy@evil.com\r\n\r\n<script>alert(1)</script> \"'& =?utf-8?Q?=0D=0ABcc:_spy@evil.com?=";
    let mut world = World::new();
    (world.title, world.name, world.site_name) = (evil.to_owned(), evil.to_owned(), evil.to_owned());
    world.references = vec!["a@b>\r\nBcc: <spy@evil.com".to_owned(), "good@b".to_owned()];
    let author = "A\r\nBcc: spy@evil.com<b>";
    let mail = world.news(News::Reply {
        author,
        at: at("2026-11-21T13:53:00Z"),
        text: "<img src=http://t/x onerror=a()> https://x.y/\"onmouseover=\"a() javascript:a()",
    });
    is_well_formed(&mail.raw);
    let message = parsed(&mail);
    assert!(message.bcc().is_none());
    assert_eq!(message.headers().iter().filter(|header| header.name == HeaderName::To).count(), 1);
    assert_eq!(message.to().unwrap().iter().count(), 1);
    assert_eq!(message.references().as_text(), Some("good@b"));
    let html = message.body_html(0).unwrap();
    for bad in ["<script>", "<img", "onmouseover=\"", "<b>", "href=\"javascript"] {
        assert!(!html.contains(bad), "{bad} in:\n{html}");
    }
    let ticket = Ticket {
        key: Some("k\r\nx"),
        ..world.ticket()
    };
    assert_eq!(
        compose(&key(), &world.envelope(), &Kind::News(ticket, News::StatusChanged)),
        Err(ComposeError::Secret)
    );
    let envelope = Envelope {
        site_url: "javascript:alert(1)",
        ..world.envelope()
    };
    assert_eq!(
        compose(&key(), &envelope, &Kind::News(world.ticket(), News::StatusChanged)),
        Err(ComposeError::SiteUrl)
    );
}
