//! What is new in a reply, what is quoted, what is signature. Nothing is thrown away: the three together are the text.

mod marks;

pub(crate) use marks::OURS;
use marks::{attribution, delimiter_of_ours, forwards, header_block, original_message, rule, signature};

/// A text in its three parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parts {
    /// What the author wrote now.
    pub(crate) text: String,
    /// What closes it.
    pub(crate) signature: String,
    /// What is quoted, with the line that introduces it.
    pub(crate) quoted: String,
}

/// The longest text that is looked through line by line, in lines; what follows goes with the last part.
const MOST_LINES: usize = 20_000;

/// Where the quote that ends a text begins, and where it ends.
struct Quote {
    start: usize,
    end: usize,
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

/// The end of the block of `>` lines (and empty lines between them) that begins at `from`.
fn end_of_quoted(lines: &[&str], from: usize) -> usize {
    let (mut end, mut at) = (from, from);
    while let Some(line) = lines.get(at) {
        if is_quoted(line) {
            end = at + 1;
        } else if !is_blank(line) {
            break;
        }
        at += 1;
    }
    end
}

/// The quote that begins at line `at`, if one does.
fn quote_at(lines: &[&str], at: usize) -> Option<Quote> {
    let rest = &lines[at..];
    if delimiter_of_ours(rest[0]) || original_message(rest[0]) || header_block(rest) {
        return Some(Quote {
            start: at,
            end: lines.len(),
        });
    }
    if rule(rest[0]) {
        let next = rest.iter().skip(1).position(|line| !is_blank(line)).map(|gap| gap + 1)?;
        return header_block(&rest[next..]).then_some(Quote {
            start: at,
            end: lines.len(),
        });
    }
    if is_quoted(rest[0]) {
        return Some(Quote {
            start: at,
            end: end_of_quoted(lines, at),
        });
    }
    let length = attribution(rest)?;
    let end = end_of_quoted(lines, at + length);
    // An attribution with no quoted lines behind it introduces all that follows (HTML mails that lost their marks).
    let end = if end == at + length { lines.len() } else { end };
    Some(Quote { start: at, end })
}

/// Every quote of the text, in order.
fn quotes(lines: &[&str]) -> Vec<Quote> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        // A forwarded mail is what the author wants to be read.
        if forwards(lines[at]) {
            break;
        }
        match (!is_blank(lines[at])).then(|| quote_at(lines, at)).flatten() {
            Some(quote) => {
                at = quote.end.max(at + 1);
                found.push(quote);
            }
            None => at += 1,
        }
    }
    found
}

fn joined(lines: &[&str]) -> String {
    let text = lines.join("\n");
    text.trim_matches('\n').trim_end().to_owned()
}

/// Splits `text`. Where nothing new would be left of a mail that answers nothing (`answers` false), all of it is new.
///
/// - A quote at the end is told off, with what introduces it.
/// - A quote at the beginning with the answer below it is told off likewise.
/// - Quotes between answers stay where they are: the answers make no sense without them.
pub(crate) fn split(text: &str, answers: bool) -> Parts {
    let lines: Vec<&str> = text
        .splitn(MOST_LINES, '\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .collect();
    let quotes = quotes(&lines);
    let written = |from: usize, to: usize| lines[from..to].iter().any(|line| !is_blank(line));
    let (mut new, mut quoted, mut tail) = ((0, lines.len()), Vec::new(), String::new());
    if let Some(last) = quotes.last() {
        let after = signature(&lines[last.end..]).unwrap_or(lines.len() - last.end) + last.end;
        if !written(last.end, after) {
            // Nothing but a signature stands below the last quote.
            new.1 = last.start;
            quoted.push(joined(&lines[last.start..last.end]));
            tail = joined(&lines[after..]);
        }
        let first = &quotes[0];
        if !written(0, first.start)
            && first.end < new.1
            && written(first.end, new.1)
            && quotes.iter().filter(|q| q.start < new.1).count() == 1
        {
            new.0 = first.end;
            quoted.insert(0, joined(&lines[first.start..first.end]));
        }
    }
    let own = &lines[new.0..new.1];
    let cut = signature(own).unwrap_or(own.len());
    let parts = Parts {
        text: joined(&own[..cut]),
        signature: [joined(&own[cut..]), tail]
            .iter()
            .filter(|part| !part.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join("\n"),
        quoted: quoted.join("\n"),
    };
    if parts.text.is_empty() && !answers && !parts.quoted.is_empty() {
        return Parts {
            text: joined(&lines),
            ..Parts::default()
        };
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, String) {
        let parts = split(text, true);
        (parts.text, parts.signature, parts.quoted)
    }

    #[test]
    fn clients_in_six_languages() {
        for attribution in [
            "On Mon, Apr 2, 2012 at 6:26 PM, Megan One <xxx@gmail.com> wrote:",
            "El lun, 2 abr 2012 a las 18:26, Megan One (<xxx@gmail.com>) escribió:",
            "El 2/4/12 a las 18:26, Megan One escribió:",
            "El lunes, 2 de abril de 2012, 18:26, Megan One\n<xxx@gmail.com> escribió:",
            "Em seg., 2 de abr. de 2012 às 18:26, Megan One <xxx@gmail.com> escreveu:",
            "Em 02/04/2012 18:26, Megan One escreveu:",
            "Am Mo., 2. Apr. 2012 um 18:26 Uhr schrieb Megan One <xxx@gmail.com>:",
            "Am 02.04.12 um 18:26 schrieb Megan One:",
            "Le lun. 2 avr. 2012 à 18:26, Megan One <xxx@gmail.com> a écrit :",
            "Il giorno lun 2 apr 2012 alle ore 18:26 Megan One <xxx@gmail.com> ha scritto:",
            "Il 02/04/12 18:26, Megan One ha scritto:",
        ] {
            let (text, _, quoted) = parts(&format!("Hola\n\n{attribution}\n\n> Hi\n> there"));
            assert_eq!(text, "Hola", "{attribution}");
            assert!(quoted.starts_with(attribution) && quoted.ends_with("> there"), "{attribution}");
        }
    }

    #[test]
    fn outlook_in_several_languages() {
        for block in [
            "From: A <a@b.c>\nSent: Monday\nTo: B\nSubject: x",
            "De: A <a@b.c>\nEnviado el: lunes\nPara: B\nAsunto: x",
            "De: A <a@b.c>\nEnviada em: segunda-feira\nPara: B\nAssunto: x",
            "Von: A <a@b.c>\nGesendet: Montag\nAn: B\nBetreff: x",
            "De : A <a@b.c>\nEnvoyé : lundi\nÀ : B\nObjet : x",
            "Da: A <a@b.c>\nInviato: lunedì\nA: B\nOggetto: x",
            "*From:* A\n*Sent:* Monday\n*To:* B\n*Subject:* x",
        ] {
            let (text, _, quoted) = parts(&format!("Hola\n\n________________________________\n{block}\n\nHi there"));
            assert_eq!(text, "Hola", "{block}");
            assert!(quoted.starts_with("____") && quoted.ends_with("Hi there"), "{block}");
        }
        for mark in [
            "-----Original Message-----",
            "-----Mensaje original-----",
            "-----Mensagem original-----",
            "-------- Mensaje Original --------",
        ] {
            assert_eq!(parts(&format!("Hola\n{mark}\nDe: x\n\nHi")).0, "Hola");
        }
    }

    #[test]
    fn answers_below_and_between() {
        assert_eq!(parts("On 04/02/2012 06:26 PM, Megan One wrote:\n> Hi\nHello").0, "Hello");
        let (text, signature, quoted) = parts("> one?\nyes\n> two?\nno\n-- \nme");
        assert_eq!(
            (text.as_str(), signature.as_str(), quoted.as_str()),
            ("> one?\nyes\n> two?\nno", "-- \nme", "")
        );
        let (text, signature, quoted) = parts("Hi\n> q\n\n-- \nme");
        assert_eq!((text.as_str(), signature.as_str(), quoted.as_str()), ("Hi", "-- \nme", "> q"));
    }

    #[test]
    fn our_own_mail_in_the_quote() {
        let text = "Ya funciona, gracias.\n\nEl dom, 22 nov 2026 a las 10:53, Mesa de ayuda (<a@b.cl>) escribió:\n\n\
                    -- Puede responder a este correo, por encima de esta línea --\nAna Ribeiro respondió hoy, 10:53:";
        let (text, _, quoted) = parts(text);
        assert_eq!(text, "Ya funciona, gracias.");
        assert!(quoted.contains("por encima"));
    }

    #[test]
    fn what_is_no_quote_stays() {
        for text in [
            "On your remote host you can run:\n\n  telnet",
            "El técnico que vino ayer me escribió: mañana vuelvo",
            "From: the beginning it was slow",
            "stuff -- this is not a signature",
            "Sent from my desk, is much easier then my mobile phone.",
            "a\n---\nb",
            "---------- Forwarded message ---------\nFrom: A\nDate: x\nSubject: y\nTo: z\n\nHi",
        ] {
            let (new, signature, quoted) = parts(text);
            assert_eq!((new.as_str(), signature.as_str(), quoted.as_str()), (text, "", ""));
        }
    }

    #[test]
    fn a_mail_of_quotes_alone_is_not_emptied() {
        assert_eq!(split("> a\n> b", false).text, "> a\n> b");
        assert_eq!(split("> a\n> b", true).text, "");
    }

    #[test]
    fn signatures_of_phones() {
        for line in [
            "Sent from my iPhone",
            "Enviado desde mi iPhone",
            "Enviado do meu iPhone",
            "Von meinem iPhone gesendet",
            "Get Outlook for iOS<https://aka.ms/x>",
            "Obtener Outlook para Android",
            "Obter o Outlook para Android",
        ] {
            assert_eq!(
                parts(&format!("Hello\n\n{line}")),
                ("Hello".to_owned(), line.to_owned(), String::new())
            );
        }
    }
}
