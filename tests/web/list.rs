//! The list behind a link, where more than one page waits for its reader.

use serde_json::json;

use crate::house::House;
use crate::pages::visible;

/// The values of the hidden fields of a page's first form.
fn ids(html: &str) -> Vec<String> {
    let form = html.split("<form").nth(1).unwrap().split("</form>").next().unwrap();
    form.split("name=\"page\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

fn pages(ids: &[String]) -> Vec<(&str, &str)> {
    ids.iter().map(|id| ("page", id.as_str())).collect()
}

#[tokio::test]
async fn what_waits_is_listed_the_gravest_first_and_taken_with_one_press_or_each_by_itself() {
    let house = House::start().await;
    house.open(json!({ "class": "care-complaint" })).await;
    house.open(json!({ "class": "phi-by-staff" })).await;
    house.open(json!({ "class": "praise-with-phi" })).await;
    let maria = house.token("m-rivera");
    let list = house.look(&maria).await;
    assert_eq!(list.status, 200);
    insta::assert_snapshot!(visible(&list.text), @"
    MERCY
    3 pages wait for you
    [I have all 3]
    [I can’t take any of these – page the next person]
    high Patient information posted by staff
    Privacy Office, YDSFX57R. Answer by 02:10 CST (5 min left)
    [I have it]
    YDSFX57R: Details, or say you can’t take it
    moderate Complaint about care
    Privacy Office, F6WQYJKW. Answer by 02:10 CST (5 min left)
    [I have it]
    F6WQYJKW: Details, or say you can’t take it
    low Praise that tells who was a patient
    Privacy Office, DMP7VQVM. Answer by 02:14 CST (9 min left)
    [I have it]
    DMP7VQVM: Details, or say you can’t take it
    You answer as Maria Rivera.
    ");
    let all = ids(&list.text);
    let one = house.press(&maria, &[("action", "acknowledge"), ("page", &all[0])]).await;
    assert_eq!(one.status, 200);
    insta::assert_snapshot!(visible(&one.text), @"
    MERCY
    Recorded at 02:05:00 CST: you took 1 page.
    2 pages wait for you
    [I have both]
    [I can’t take any of these – page the next person]
    moderate Complaint about care
    Privacy Office, F6WQYJKW. Answer by 02:10 CST (5 min left)
    [I have it]
    F6WQYJKW: Details, or say you can’t take it
    low Praise that tells who was a patient
    Privacy Office, DMP7VQVM. Answer by 02:14 CST (9 min left)
    [I have it]
    DMP7VQVM: Details, or say you can’t take it
    Already yours
    Patient information posted by staff, Privacy Office, YDSFX57R
    You answer as Maria Rivera.
    ");
    let declined = house.press(&maria, &[&[("action", "decline")][..], &pages(&all[1..])].concat()).await;
    assert_eq!(declined.status, 200);
    insta::assert_snapshot!(visible(&declined.text), @"
    MERCY
    low
    Recorded at 02:05:00 CST: you can’t take 2 pages. We are paging the next person for each.
    You passed this on
    Ada Okafor has been paged.
    After that, no one else will be paged for Privacy Office.
    Incident Praise that tells who was a patient
    Department Privacy Office
    Reference DMP7VQVM
    Goal an answer within 9 min
    Answer by 02:14 CST (9 min left)
    [I have it after all]
    You answer as Maria Rivera.
    Already yours
    Patient information posted by staff, Privacy Office, YDSFX57R
    ");
    let again = house.press(&maria, &[&[("action", "acknowledge")][..], &pages(&all[..1])].concat()).await;
    assert_eq!(again.status, 200);
    assert!(visible(&again.text).contains("You already have 1 page."), "{}", visible(&again.text));
}

#[tokio::test]
async fn one_page_of_the_list_has_its_own_buttons_and_a_way_back() {
    let house = House::start().await;
    house.open(json!({ "class": "care-complaint" })).await;
    house.open(json!({ "class": "phi-by-staff" })).await;
    let maria = house.token("m-rivera");
    let all = ids(&house.look(&maria).await.text);
    let one = format!("{maria}?page={}", all[1]);
    insta::assert_snapshot!(visible(&house.look(&one).await.text), @"
    MERCY
    moderate
    Complaint about care
    Department Privacy Office
    Reference F6WQYJKW
    Goal an answer within 9 min
    Answer by 02:10 CST (5 min left)
    [I have it]
    [I can’t – page the next person]
    If no one answers, Jonas Chen (backup) is paged at 02:10 CST.
    You answer as Maria Rivera.
    1 other page waits for you: see the list
    ");
    let declined = house.press(&one, &[("action", "decline")]).await;
    assert!(visible(&declined.text).contains("You passed this on"), "{}", visible(&declined.text));
    // The other one still waits, alone.
    let page = visible(&house.look(&maria).await.text);
    assert!(page.contains("[I have it]") && !page.contains("pages wait"), "{page}");
}

#[tokio::test]
async fn a_form_that_no_page_has_changes_nothing() {
    let house = House::start().await;
    house.open(json!({ "class": "care-complaint" })).await;
    house.open(json!({ "class": "phi-by-staff" })).await;
    let maria = house.token("m-rivera");
    let all = ids(&house.look(&maria).await.text);
    let many: Vec<String> = (1..=26).map(|number| format!("F6WQYJKW-{number}")).collect();
    for fields in [
        vec![("action", "note"), ("page", &all[0])],
        vec![("action", "acknowledge"), ("page", "all")],
        [&[("action", "acknowledge")][..], &pages(&many)].concat(),
    ] {
        let refused = house.press(&maria, &fields).await;
        assert_eq!(refused.status, 400, "{fields:?}: {}", visible(&refused.text));
    }
    // Nor does anybody answer a page that went to somebody else.
    house.pass(301);
    let chen = house.token("j-chen");
    let refused = house.press(&chen, &[("action", "acknowledge"), ("page", &all[0])]).await;
    assert_eq!(refused.status, 409);
    assert_eq!(ids(&house.look(&maria).await.text), all);
}
