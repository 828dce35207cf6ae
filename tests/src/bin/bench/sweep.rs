//! A sweep of a full mailbox of a real POP3 server into a fresh help desk.

use crate::{
    Failure,
    chart::{Chart, rounded, verdict},
    memory::{MOST, Memories, mib},
    options::Options,
    settle::Outbox,
};
use chamada_tests::{mails::Draft, server, story::Desk, story::MAILBOX};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

const MAILS: usize = 500;
const SENDERS: usize = 100;
/// One mail in so many has an attachment.
const ATTACHED: usize = 10;
/// Bytes of an attachment.
const SIZE: usize = 50 * 1024;
/// Messages a second, at least.
const RATE: f64 = 150.0;
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn measure(options: &Options, memories: &mut Memories) -> Result<Chart, Failure> {
    let about = format!(
        "{MAILS} mails of {SENDERS} unknown senders, one in {ATTACHED} with {} KiB attached, Dovecot with TLS on loopback; targets: {RATE} messages/s, peak {MOST} MiB",
        SIZE / 1024
    );
    let mut chart = Chart::new(
        "sweep",
        about,
        &[
            "run",
            "messages/s",
            "seconds",
            "followed s",
            "peak MiB",
            "rate target",
            "memory target",
        ],
    );
    for run in 1..=options.sweeps() {
        chart.rows.push(once(run, memories).await?);
    }
    Ok(chart)
}

async fn once(run: usize, memories: &mut Memories) -> Result<Vec<Value>, Failure> {
    let desk = Desk::open(server::Options::default()).await;
    for n in 0..MAILS {
        desk.pop3.deliver(MAILBOX.0, &mail(n));
    }
    let mut outbox = Outbox::of(&desk.server)?;
    let took = fetch(&desk).await?.as_secs_f64();
    // Everyone who wrote is told that it arrived.
    let followed = outbox.settle(MAILS).await?;
    let peak = mib(desk.server.memory().peak);
    let rate = MAILS as f64 / took;
    memories.judge(&format!("after sweep {run}"), &desk.server);
    Ok(vec![
        run.into(),
        rounded(rate, 0),
        rounded(took, 2),
        rounded(followed.as_secs_f64(), 2),
        rounded(peak, 1),
        verdict(rate >= RATE),
        verdict(peak <= MOST),
    ])
}

/// From 'Fetch mail now' until the sweep is done, by the sweep's own record: whoever asks for it often slows it down.
async fn fetch(desk: &Desk) -> Result<Duration, Failure> {
    let began = Instant::now();
    let path = format!("/api/mailboxes/{}", desk.mailbox);
    let asked = desk.admin.post(&format!("{path}/sweep"), &json!({})).await.expect(202);
    let path = format!("{path}/sweeps/{}", asked["sweep_id"].as_str().unwrap_or_default());
    loop {
        let sweep = desk.admin.get(&path).await.expect(200);
        if sweep["state"] == "done" {
            imported_all(&sweep)?;
            return Ok((moment(&sweep, "ended_at")? - moment(&sweep, "asked_at")?).unsigned_abs());
        }
        if sweep["state"] == "failed" || began.elapsed() > PATIENCE {
            return Err(format!("the sweep did not end well: {sweep}").into());
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

fn moment(sweep: &Value, name: &str) -> Result<OffsetDateTime, Failure> {
    Ok(OffsetDateTime::parse(sweep[name].as_str().unwrap_or_default(), &Rfc3339)?)
}

fn imported_all(sweep: &Value) -> Result<(), Failure> {
    match sweep["imported"].as_u64() {
        Some(imported) if imported == MAILS as u64 => Ok(()),
        _ => Err(format!("not every mail became a ticket: {sweep}").into()),
    }
}

fn mail(n: usize) -> Vec<u8> {
    let sender = n % SENDERS;
    let body = "Buenos días:\n\nLa impresora del almacén no imprime desde ayer y hoy hay que enviar pedidos.\n\nGracias\n".repeat(4);
    let mail = Draft::new(
        &format!("Persona Número {sender} <persona{sender}@clientes.example>"),
        &format!("La impresora del almacén no imprime, caso {n}"),
        &format!("caso-{n}@clientes.example"),
        &body,
    );
    let mail = if n.is_multiple_of(ATTACHED) {
        mail.with_attachment("informe.pdf", "application/pdf", &document(n))
    } else {
        mail
    };
    mail.bytes()
}

/// Bytes that look like a PDF's, other ones in each mail: none is stored once for all.
fn document(seed: usize) -> Vec<u8> {
    let mut state = seed as u64;
    let noise = std::iter::repeat_with(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    });
    b"%PDF-1.7\n".iter().copied().chain(noise).take(SIZE).collect()
}
