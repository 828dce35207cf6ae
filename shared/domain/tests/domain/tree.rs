//! Where a ticket may be filed.

use chamada_domain::entry::Place;
use chamada_domain::tree::{Categories, Organisation, Strictness, check_place};
use chamada_domain::{Kind, Refusal};
use serde_json::json;

fn organisation() -> Organisation {
    serde_json::from_value(json!({ "corporations": [
        { "id": "org_corp", "name": "Grupo", "companies": [
            { "id": "org_comp", "name": "Casa", "domains": ["casa.example"],
              "sites": [{ "id": "org_site", "name": "Centro" }, { "id": "org_oldsite", "name": "Sur", "retired": true }],
              "cost_centres": [{ "id": "org_cost", "code": "1", "name": "Uno" }, { "id": "org_oldcost", "code": "2", "name": "Dos", "retired": true }] },
            { "id": "org_bare", "name": "Sola" },
            { "id": "org_oldcomp", "name": "Vieja", "domains": ["vieja.example"], "retired": true },
        ] },
        { "id": "org_else", "name": "Otro", "companies": [{ "id": "org_elsecomp", "name": "Otra", "sites": [{ "id": "org_elsesite", "name": "Norte" }],
              "cost_centres": [{ "id": "org_elsecost", "code": "1", "name": "Uno" }] }] },
        { "id": "org_oldcorp", "name": "Antiguo", "retired": true },
    ] }))
    .unwrap()
}

fn categories() -> Categories {
    let names = json!({ "es": "a", "pt": "b", "en": "c" });
    serde_json::from_value(json!({
        "incident": [
            { "id": "cat_hw", "names": names, "subcategories": [{ "id": "cat_print", "names": names }, { "id": "cat_fax", "names": names, "retired": true }] },
            { "id": "cat_bare", "names": names },
            { "id": "cat_old", "names": names, "retired": true, "subcategories": [{ "id": "cat_oldsub", "names": names }] },
        ],
        "requirement": [{ "id": "cat_req", "names": names, "subcategories": [{ "id": "cat_reqsub", "names": names }] }],
    }))
    .unwrap()
}

/// Category, subcategory, corporation, company, site, cost centre; `-` for none.
fn place(kind: Kind, names: &str) -> Place {
    let ids: Vec<Option<&str>> = names.split_whitespace().map(|id| Some(id).filter(|id| *id != "-")).collect();
    let [category, sub, corporation, company, site, centre] = ids[..] else {
        panic!("{names}")
    };
    Place {
        kind,
        category_id: category.map(|id| format!("cat_{id}").parse().unwrap()),
        subcategory_id: sub.map(|id| format!("cat_{id}").parse().unwrap()),
        corporation_id: corporation.map(|id| format!("org_{id}").parse().unwrap()),
        company_id: company.map(|id| format!("org_{id}").parse().unwrap()),
        site_id: site.map(|id| format!("org_{id}").parse().unwrap()),
        cost_centre_id: centre.map(|id| format!("org_{id}").parse().unwrap()),
    }
}

fn faults(kind: Kind, names: &str, strictness: Strictness) -> Vec<String> {
    match check_place(&place(kind, names), &organisation(), &categories(), strictness) {
        Ok(()) => Vec::new(),
        Err(Refusal::Invalid(errors)) => {
            assert!(!errors.is_empty());
            let mut told: Vec<String> = errors.iter().map(|error| format!("{} {}", error.field, error.code)).collect();
            told.sort();
            told
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn each_fault_of_each_field() {
    use Strictness::{Existing, Optional, Required};
    let all = [Required, Optional, Existing];
    // What the place names; under which rules; the faults.
    let cases: &[(&str, &[Strictness], &[&str])] = &[
        ("hw print corp comp site cost", &all, &[]),
        // Nothing under a company or category: nothing needed.
        ("bare - corp bare - -", &all, &[]),
        ("- - - - - -", &[Optional, Existing], &[]),
        ("- - - - - -", &[Required], &["category_id required", "corporation_id required"]),
        ("hw - corp comp site cost", &[Required], &["subcategory_id required"]),
        ("hw print corp - - -", &[Required], &["company_id required"]),
        ("hw print corp comp - cost", &[Required], &["site_id required"]),
        ("hw print corp comp site -", &[Required], &["cost_centre_id required"]),
        ("hw - corp - - -", &[Optional, Existing], &[]),
        // Not in the tree at all.
        ("nope - corp bare - -", &all, &["category_id unknown"]),
        ("hw nope corp bare - -", &all, &["subcategory_id unknown"]),
        ("bare - nope - - -", &all, &["corporation_id unknown"]),
        ("bare - corp nope - -", &all, &["company_id unknown"]),
        ("bare - corp comp nope cost", &all, &["site_id unknown"]),
        ("bare - corp comp site nope", &all, &["cost_centre_id unknown"]),
        // There, but elsewhere in the tree.
        ("req - corp bare - -", &all, &["category_id unknown"]),
        ("bare print corp bare - -", &all, &["subcategory_id unknown"]),
        ("bare - corp elsecomp - -", &all, &["company_id unknown"]),
        ("bare - corp comp elsesite cost", &all, &["site_id unknown"]),
        ("bare - corp comp site elsecost", &all, &["cost_centre_id unknown"]),
        ("bare - corp comp cost site", &all, &["cost_centre_id unknown", "site_id unknown"]),
        ("bare - corp bare site cost", &all, &["cost_centre_id unknown", "site_id unknown"]),
        // Nothing above it.
        ("- print corp bare - -", &[Optional, Existing], &["subcategory_id unknown"]),
        ("bare - - comp - -", &[Optional, Existing], &["company_id unknown"]),
        (
            "bare - corp - site cost",
            &[Optional, Existing],
            &["cost_centre_id unknown", "site_id unknown"],
        ),
        // Retired: good enough for a ticket there was.
        ("old oldsub corp bare - -", &[Required, Optional], &["category_id retired"]),
        ("hw fax corp bare - -", &[Required, Optional], &["subcategory_id retired"]),
        ("bare - oldcorp - - -", &[Required, Optional], &["corporation_id retired"]),
        ("bare - corp oldcomp - -", &[Required, Optional], &["company_id retired"]),
        ("bare - corp comp oldsite cost", &[Required, Optional], &["site_id retired"]),
        ("bare - corp comp site oldcost", &[Required, Optional], &["cost_centre_id retired"]),
        ("old oldsub oldcorp - - -", &[Existing], &[]),
        ("hw fax corp comp oldsite oldcost", &[Existing], &[]),
        ("bare - corp oldcomp - -", &[Existing], &[]),
        // All at once.
        (
            "nope print nope comp site cost",
            &all,
            &[
                "category_id unknown",
                "company_id unknown",
                "corporation_id unknown",
                "cost_centre_id unknown",
                "site_id unknown",
                "subcategory_id unknown",
            ],
        ),
    ];
    for (names, rules, wanted) in cases {
        for strictness in *rules {
            assert_eq!(faults(Kind::Incident, names, *strictness), *wanted, "{names} {strictness:?}");
        }
    }
}

#[test]
fn a_category_belongs_to_its_kind() {
    assert!(faults(Kind::Requirement, "req reqsub corp bare - -", Strictness::Required).is_empty());
    assert_eq!(
        faults(Kind::Requirement, "hw print corp bare - -", Strictness::Existing),
        ["category_id unknown", "subcategory_id unknown"]
    );
}

#[test]
fn empty_trees_ask_for_nothing() {
    let bare = Place::unclassified(Kind::Incident);
    let check = |organisation: &Organisation, categories: &Categories| check_place(&bare, organisation, categories, Strictness::Required);
    assert_eq!(check(&Organisation::default(), &Categories::default()), Ok(()));
    let mut old_ones = organisation();
    old_ones.corporations.retain(|corporation| corporation.retired);
    let mut old_categories = categories();
    old_categories.incident.retain(|category| category.retired);
    assert_eq!(check(&old_ones, &old_categories), Ok(()));
    assert_eq!(serde_json::from_str::<Organisation>("{}").unwrap(), Organisation::default());
    assert_eq!(serde_json::from_str::<Categories>("{}").unwrap(), Categories::default());
}

#[test]
fn every_unit_is_listed_and_found_by_domain() {
    let (organisation, categories) = (organisation(), categories());
    assert_eq!((organisation.ids().len(), categories.ids().len()), (13, 8));
    let of = |domain| {
        organisation
            .company_of_domain(domain)
            .map(|(corporation, company)| (corporation.id.as_str(), company.id.as_str()))
    };
    assert_eq!(of("casa.example"), Some(("org_corp", "org_comp")));
    assert_eq!((of("vieja.example"), of("example"), of("")), (None, None, None));
    let corporation = organisation.corporation_of(&"org_elsecomp".parse().unwrap()).unwrap();
    assert_eq!(corporation.as_str(), "org_else");
    assert_eq!(organisation.corporation_of(&"org_corp".parse().unwrap()), None);
    let text = serde_json::to_string(&organisation).unwrap();
    assert_eq!(serde_json::from_str::<Organisation>(&text).unwrap(), organisation);
    let text = serde_json::to_string(&categories).unwrap();
    assert_eq!(serde_json::from_str::<Categories>(&text).unwrap(), categories);
}
