//! The lines by which mail programs tell quotes and signatures, in six languages.

/// The longest attribution, in lines and in bytes: programs wrap it.
const ATTRIBUTION_LINES: usize = 4;
const ATTRIBUTION_BYTES: usize = 400;

/// How an attribution begins and ends, in lower case; what stands between must hold a digit or an address.
const ATTRIBUTIONS: [(&str, &[&str]); 11] = [
    ("on ", &["wrote:", "writes:", "said:"]),
    ("el ", &["escribió:", "escribio:", "escribió :", "escribiste:"]),
    ("em ", &["escreveu:", "escreveu :"]),
    ("no dia ", &["escreveu:"]),
    ("am ", &["schrieb:"]),
    ("le ", &["a écrit :", "a écrit:", "a \u{e9}crit\u{a0}:"]),
    ("il ", &["ha scritto:"]),
    ("op ", &["schreef:"]),
    ("", &["написал:", "написал(а):", "написала:", "пишет:"]),
    ("at ", &["wrote:"]),
    ("a ", &["escribió:", "wrote:"]),
];

/// What Chamada's own mails say above everything, by language; whoever answers leaves it in the quote.
pub(crate) const OURS: [&str; 3] = [
    "Puede responder a este correo, por encima de esta línea",
    "Pode responder a este e-mail, acima desta linha",
    "You can reply to this e-mail, above this line",
];

fn plain(line: &str) -> &str {
    line.trim()
        .trim_start_matches(['>', ' ', '*', '\u{200e}'])
        .trim_end_matches(['*', ' '])
}

/// Whether the line is the one that our mails begin with.
pub(super) fn delimiter_of_ours(line: &str) -> bool {
    let line = plain(line).trim_start_matches(['-', ' ']);
    OURS.iter().any(|ours| line.starts_with(ours))
}

/// Whether text looks like the middle of an attribution: it names a moment or an address.
fn names_moment_or_address(text: &str) -> bool {
    text.contains('@') || text.bytes().filter(u8::is_ascii_digit).count() >= 2
}

/// Whether `text`, one or more lines joined, is an attribution. `schrieb Megan One:` has the name at the end, and so have dates alone.
fn is_attribution(text: &str) -> bool {
    let text = text.to_lowercase();
    // The second line of a wrapped attribution has but one half of the address's brackets.
    if text.matches('<').count() != text.matches('>').count() {
        return false;
    }
    let known = |(begin, ends): &(&str, &[&str])| {
        text.strip_prefix(begin)
            .is_some_and(|rest| ends.iter().any(|end| rest.strip_suffix(end).is_some_and(names_moment_or_address)))
    };
    let german = text.starts_with("am ") && text.contains(" schrieb ") && text.ends_with(':') && names_moment_or_address(&text);
    // `26.06.2014, 14:41, "A" <a@b.c>:` and `2012/4/3 A <a@b.c>`: a date in front, an address in angle brackets at the end.
    let dated = text.ends_with(">:") && text.contains('@') && text.bytes().take(40).filter(u8::is_ascii_digit).count() >= 6;
    // `A <a@b.c> wrote:`
    let named = [" wrote:", " escribió:", " escreveu:", " schrieb:", " a écrit :", " ha scritto:"]
        .iter()
        .any(|end| text.ends_with(end))
        && !text.starts_with('<')
        && text.contains('@')
        && text.contains('<');
    ATTRIBUTIONS.iter().any(known) || german || dated || named
}

/// How many lines the attribution at the beginning of `lines` takes, if there is one.
pub(super) fn attribution(lines: &[&str]) -> Option<usize> {
    let mut text = String::new();
    for (at, line) in lines.iter().take(ATTRIBUTION_LINES).enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('>') || text.len() + line.len() > ATTRIBUTION_BYTES {
            return None;
        }
        if at > 0 {
            text.push(' ');
        }
        text.push_str(line);
        if line.ends_with(':') && is_attribution(&text) {
            // An attribution begins where it begins: a paragraph above it without an empty line is not part of it.
            let shorter =
                (1..=at).any(|from| is_attribution(&lines[from..=at].iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")));
            return (!shorter).then_some(at + 1);
        }
    }
    None
}

/// Whether the line says that the original message follows.
pub(super) fn original_message(line: &str) -> bool {
    let line = plain(line);
    let Some(inner) = line.strip_prefix("--").filter(|inner| inner.ends_with("--")) else {
        return false;
    };
    let inner = inner.trim_matches(['-', ' ']).to_lowercase();
    [
        "original message",
        "mensaje original",
        "mensagem original",
        "ursprüngliche nachricht",
        "originalnachricht",
        "message d'origine",
        "message original",
        "messaggio originale",
        "original appointment",
    ]
    .contains(&inner.as_str())
}

/// Whether the line says that somebody else's mail follows which the author passes on.
pub(super) fn forwards(line: &str) -> bool {
    let line = plain(line).to_lowercase();
    let words = [
        "forwarded message",
        "mensaje reenviado",
        "mensagem encaminhada",
        "mensagem reencaminhada",
        "weitergeleitete nachricht",
        "message transféré",
        "messaggio inoltrato",
    ];
    line == "begin forwarded message:" || line.starts_with("--") && words.contains(&line.trim_matches(['-', ' ']))
}

/// A line of underscores or dashes alone, as Outlook draws above its header block.
pub(super) fn rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 5 && (line.chars().all(|c| c == '_') || line.chars().all(|c| c == '-') || line.chars().all(|c| matches!(c, '─' | '—')))
}

/// The kind of header that a line of a quoted header block shows.
fn label(line: &str) -> Option<&'static str> {
    let (name, _) = plain(line).split_once(':')?;
    let name = name.trim_matches(['*', ' ', '\u{a0}']).to_lowercase();
    let kind = match name.as_str() {
        "from" | "de" | "von" | "da" | "от" | "van" => "from",
        "sent"
        | "date"
        | "enviado"
        | "enviado el"
        | "enviada"
        | "enviada em"
        | "enviado em"
        | "fecha"
        | "data"
        | "gesendet"
        | "datum"
        | "envoyé"
        | "inviato"
        | "отправлено" => "date",
        "to" | "para" | "an" | "à" | "a" | "кому" | "cc" | "bcc" => "to",
        "subject" | "asunto" | "assunto" | "betreff" | "objet" | "oggetto" | "тема" => "subject",
        _ => return None,
    };
    Some(kind)
}

/// Whether the lines begin with a quoted header block: who, and two more of when, to whom and about what, within the next lines.
pub(super) fn header_block(lines: &[&str]) -> bool {
    let Some(first) = lines.first().and_then(|line| label(line)) else {
        return false;
    };
    let mut kinds = vec![first];
    for line in lines.iter().skip(1).take(8) {
        match label(line) {
            Some(kind) if !kinds.contains(&kind) => kinds.push(kind),
            Some(_) => {}
            None if line.trim().is_empty() && kinds.len() >= 3 => break,
            // Long lists of recipients and long subjects are wrapped.
            None => {}
        }
    }
    kinds.len() >= 3 && kinds.contains(&"from")
}

/// What phones and their programs write below a mail, in lower case.
const DEVICES: [&str; 22] = [
    "sent from my ",
    "sent from a ",
    "sent from mail for ",
    "sent from yahoo",
    "sent from outlook",
    "sent with ",
    "sent via ",
    "get outlook for ",
    "enviado desde mi ",
    "enviado desde el ",
    "enviado desde outlook",
    "enviado desde correo ",
    "obtener outlook para ",
    "enviado do meu ",
    "enviado do email ",
    "enviado do outlook",
    "enviado a partir do ",
    "obter o outlook para ",
    "obter outlook para ",
    "envoyé de mon ",
    "inviato da ",
    "inviato dal mio ",
];

fn device(line: &str) -> bool {
    let line = plain(line).to_lowercase();
    let named = DEVICES.iter().any(|device| line.starts_with(device)) || line.starts_with("von meinem ") && line.ends_with(" gesendet");
    // A sentence is no signature: those have few words and no comma.
    named && line.split_whitespace().count() <= 8 && !line.contains(", ")
}

/// The most lines that a signature has.
const SIGNATURE_LINES: usize = 15;

/// Where the signature at the end of `lines` begins: `-- ` (RFC 3676 §4.3), a phone's line, or a list's rule and footer.
pub(super) fn signature(lines: &[&str]) -> Option<usize> {
    let written = lines.iter().rposition(|line| !line.trim().is_empty())? + 1;
    let from = written.saturating_sub(SIGNATURE_LINES);
    let mark = |at: &usize| {
        let line = lines[*at];
        let below = lines.get(at + 1..written).unwrap_or_default();
        matches!(line, "-- " | "--") && !below.is_empty()
            || device(line) && below.iter().filter(|line| !line.trim().is_empty()).count() <= 2
            || rule(line) && line.trim().starts_with("____") && below.iter().any(|line| line.contains("://"))
    };
    (from..written).find(mark)
}
