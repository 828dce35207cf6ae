//! Taking tickets over: the race, and what a decision like another is.

use chamada_domain::Refusal;
use chamada_domain::permission::{Standing, require_claim};

use crate::fixtures::at;
use crate::permission::{Circumstances, scene, ticket};

/// Of two claims at once, one is told so; later, taking over is a decision like another.
#[test]
fn claims() {
    let claim = |column: &str, sees_all: bool, claims: bool, after_ms: i64| {
        let circumstances = Circumstances {
            sees_all,
            claims,
            resolved: false,
        };
        let (viewer, assignee) = scene(column);
        let mut ticket = ticket(assignee, false);
        ticket.assigned_at = assignee.map(|_| at(0));
        require_claim(Standing::of(&viewer, &ticket), &ticket, &circumstances.settings(), at(after_ms))
    };
    let taken = Err(Refusal::Conflict("already_claimed"));
    for after in [-1_000, 0, 1, 4_999] {
        assert_eq!(claim("s_other", true, false, after), taken, "{after}");
        assert_eq!(claim("s_other", false, true, after), taken, "{after}");
        assert_eq!(claim("a_other", false, false, after), taken, "{after}");
        assert_eq!(claim("s_mine", true, false, after), Ok(()), "{after}");
        assert_eq!(claim("a_mine", true, false, after), Ok(()), "{after}");
        assert_eq!(claim("s_other", false, false, after), Err(Refusal::NotFound), "{after}");
    }
    for after in [5_000, 86_400_000] {
        assert_eq!(claim("s_other", true, false, after), Ok(()), "{after}");
        assert_eq!(claim("s_other", true, true, after), Ok(()), "{after}");
        assert_eq!(claim("a_other", false, false, after), Ok(()), "{after}");
        // What went to another is not theirs to know of.
        assert_eq!(claim("s_other", false, true, after), Err(Refusal::NotFound), "{after}");
        assert_eq!(claim("s_other", false, false, after), Err(Refusal::NotFound), "{after}");
    }
    for (sees_all, claims, wanted) in [
        (false, false, Err(Refusal::NotFound)),
        (false, true, Ok(())),
        (true, false, Ok(())),
        (true, true, Ok(())),
    ] {
        assert_eq!(claim("s_none", sees_all, claims, 0), wanted);
        assert_eq!(claim("a_none", sees_all, claims, 0), Ok(()));
        assert_eq!(claim("own", sees_all, claims, 0), Err(Refusal::Forbidden));
        assert_eq!(claim("watch", sees_all, claims, 0), Err(Refusal::Forbidden));
        assert_eq!(claim("k_req", sees_all, claims, 0), Err(Refusal::Forbidden));
        assert_eq!(claim("guest", sees_all, claims, 0), Err(Refusal::NotFound));
        assert_eq!(claim("other", sees_all, claims, 0), Err(Refusal::NotFound));
    }
}
