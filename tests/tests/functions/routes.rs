//! The HTTP functions' routes against those of the deployment template.

use crate::world::World;
use chamada_local::template::{Route, Template};
use chamada_platform::Platform;
use chamada_tests::env;
use serde_json::Value;
use std::fs;

/// A route that a function answers.
pub(crate) struct Answered {
    pub(crate) function: &'static str,
    /// `GET` …
    pub(crate) method: String,
    /// As OpenAPI writes it: `/api/tickets/{number}`.
    pub(crate) path: String,
}

/// Every route of every HTTP function's own router, as its description has them.
pub(crate) fn answered(platform: &Platform) -> Vec<Answered> {
    let routers = [
        ("tickets", ::tickets::router(platform.clone())),
        ("attachments", ::attachments::router(platform.clone())),
        ("accounts", ::accounts::router(platform.clone())),
        ("mailboxes", ::mailboxes::router(platform.clone())),
    ];
    let mut routes = Vec::new();
    for (function, router) in routers {
        let description = serde_json::to_value(router.get_openapi()).unwrap();
        for (path, operations) in description["paths"].as_object().unwrap() {
            let methods = operations.as_object().unwrap().keys().filter(|name| *name != "parameters");
            routes.extend(methods.map(|method| Answered {
                function,
                method: method.to_uppercase(),
                path: path.clone(),
            }));
        }
    }
    routes
}

/// How well a route of an HTTP API fits a request, segment by segment, the best first: named literally, by a variable, by a greedy one. `None`
/// where it does not fit.
fn fit(route: &Route, method: &str, path: &str) -> Option<(Vec<u8>, bool)> {
    if route.method != "ANY" && route.method != method {
        return None;
    }
    let mut segments = path.trim_start_matches('/').split('/');
    let mut marks = Vec::new();
    for expected in route.path.trim_start_matches('/').split('/') {
        let segment = segments.next()?;
        if expected.ends_with("+}") {
            marks.push(0);
            return Some((marks, route.method == method));
        }
        let variable = expected.starts_with('{');
        if !variable && expected != segment {
            return None;
        }
        marks.push(if variable { 1 } else { 2 });
    }
    segments.next().is_none().then_some((marks, route.method == method))
}

/// The route that API Gateway takes for a request: the most specific one.
fn resolve<'a>(routes: &'a [Route], method: &str, path: &str) -> Option<&'a Route> {
    let fitting = routes.iter().filter_map(|route| Some((fit(route, method, path)?, route)));
    fitting.max_by(|(one, _), (other, _)| one.cmp(other)).map(|(_, route)| route)
}

/// Every difference between what the functions answer and what the deployment sends them, in words; none is the only right answer.
fn drift(answered: &[Answered], routes: &[Route]) -> Vec<String> {
    let mut found = Vec::new();
    let mut used = Vec::new();
    for route in answered {
        // Whatever stands for a variable, it is no segment of a literal route.
        let path: Vec<&str> = route
            .path
            .split('/')
            .map(|segment| if segment.starts_with('{') { "0" } else { segment })
            .collect();
        match resolve(routes, &route.method, &path.join("/")) {
            Some(taken) if taken.function == route.function => used.push(taken),
            Some(taken) => found.push(format!(
                "{} {} of {} goes to {}",
                route.method, route.path, route.function, taken.function
            )),
            None => found.push(format!("{} {} of {} goes nowhere", route.method, route.path, route.function)),
        }
    }
    let idle = routes.iter().filter(|route| !used.contains(route));
    found.extend(idle.map(|route| format!("{} {} to {}: nothing there answers", route.method, route.path, route.function)));
    found
}

fn template() -> String {
    fs::read_to_string(env::workspace().join("infra/template.yaml")).unwrap()
}

fn drift_of(answered: &[Answered], template: &str) -> Vec<String> {
    drift(answered, &Template::parse(template).unwrap().routes)
}

#[tokio::test]
async fn the_template_has_each_route_of_each_function_and_no_other() {
    let world = World::open().await;
    let answered = answered(&world.platform);
    assert!(answered.len() > 40, "the functions answer more than {} routes", answered.len());
    assert_eq!(drift_of(&answered, &template()), Vec::<String>::new());
}

#[tokio::test]
async fn a_route_too_few_too_many_or_to_another_function_is_seen() {
    let world = World::open().await;
    let answered = answered(&world.platform);
    let template = template();
    let line = |name: &str| {
        let line = template
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("{name}: {{ Type: HttpApi")))
            .unwrap();
        format!("{line}\n")
    };
    let without = |name: &str| drift_of(&answered, &template.replace(&line(name), ""));
    assert_eq!(without("Health"), ["GET /api/health of accounts goes nowhere"]);
    assert_eq!(
        without("OfTicket"),
        ["GET /api/tickets/{number}/attachments/{id} of attachments goes to tickets"],
        "the broader route of another function takes it"
    );
    assert!(without("TicketsBelow").contains(&"PATCH /api/tickets/{number} of tickets goes nowhere".to_owned()));
    let too_many = template.replace(
        &line("Health"),
        &(line("Health") + &line("Health").replace("Health", "Wealth").replace("health", "wealth")),
    );
    assert_eq!(
        drift_of(&answered, &too_many),
        ["ANY /api/wealth to accounts: nothing there answers"]
    );
    let moved = template
        .replace(&line("Sweeps"), "")
        .replace(&line("Health"), &(line("Sweeps") + &line("Health")));
    assert_eq!(
        drift_of(&answered, &moved),
        [
            "POST /api/sweeps of mailboxes goes to accounts",
            "ANY /api/sweeps to accounts: nothing there answers"
        ]
    );
    let narrowed = template.replace(&line("Settings"), &line("Settings").replace("ANY", "GET"));
    assert_eq!(drift_of(&answered, &narrowed), ["PATCH /api/settings of accounts goes nowhere"]);
}

#[tokio::test]
async fn every_route_is_described_once() {
    let world = World::open().await;
    let mut names: Vec<String> = answered(&world.platform)
        .iter()
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "two functions answer one route");
    let whole: Value = serde_json::from_str(&chamada_local::wiring::openapi().unwrap()).unwrap();
    let described: usize = whole["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|path| path.as_object().unwrap().len())
        .sum();
    assert_eq!(described, all, "the API's description has them all");
}
