//! Policies, and the playbooks that name them.

use wardbell::config::files::Memory;

use crate::{good, load, said};

const PHI: &str = "playbooks/phi-by-staff.toml";
const POLICY: &str = "playbooks/policies/social-media.md";

fn with(policy: &str, named: &str) -> Memory {
    let mut files = good();
    files.insert(POLICY, policy);
    let text = String::from_utf8(files.get(PHI).unwrap().to_vec()).unwrap();
    files.insert(PHI, text.replacen("severity = ", &format!("policy = {named}\nseverity = "), 1));
    files
}

#[test]
fn a_policy_is_part_of_the_plan_and_of_its_recorded_files() {
    let text = "# Social media\n\nSee [us](https://www.mercy.example) or [this](social-media.md).\n";
    let files = with(text, "[\"social-media\"]");
    assert_eq!(said(&files), "");
    let plan = load(&files).config.unwrap().plan;
    let policy = &plan.policies[&"social-media".parse().unwrap()];
    assert_eq!((policy.title.as_str(), &*policy.text), ("Social media", text));
    let named = plan.playbooks.iter().find(|one| one.class.as_str() == "phi-by-staff").unwrap();
    assert_eq!(named.policies, ["social-media".parse().unwrap()]);
    let file = plan.files.iter().find(|file| file.path == POLICY).unwrap();
    assert_eq!(&*plan.texts[&file.sha256], text);
}

#[test]
fn what_is_wrong_with_a_policy_has_its_place_and_a_cure() {
    let text = "Social media\n\nRead [this](javascript:x()) and [that](photo.md), or <b>call</b>.\n";
    insta::assert_snapshot!(said(&with(text, "[\"social-media\"]")), @r#"
    error[missing-key]: this policy has no title
     --> playbooks/policies/social-media.md:1:1
      |
    1 | Social media
      | ^
      |
      = hint: write it in the first line, such as `# Social media`

    error[bad-value]: a link must start with `https:`, `http:`, `mailto:` or `tel:`, or be the file of another policy
     --> playbooks/policies/social-media.md:3:6
      |
    3 | Read [this](javascript:x()) and [that](photo.md), or <b>call</b>.
      |      ^^^^^^^^^^^^^^^^^^^^^^
      |
      = hint: write the whole address, such as `https://www.mercy.example/page`

    error[unknown-policy]: no policy `photo`
     --> playbooks/policies/social-media.md:3:33
      |
    3 | Read [this](javascript:x()) and [that](photo.md), or <b>call</b>.
      |                                 ^^^^^^^^^^^^^^^^
      |
      = hint: add the file `policies/photo.md`, or remove the link

    error[bad-value]: HTML is not shown in a policy
     --> playbooks/policies/social-media.md:3:54
      |
    3 | Read [this](javascript:x()) and [that](photo.md), or <b>call</b>.
      |                                                      ^^^
      |
      = hint: write it in Markdown, or remove it

    error[bad-value]: HTML is not shown in a policy
     --> playbooks/policies/social-media.md:3:61
      |
    3 | Read [this](javascript:x()) and [that](photo.md), or <b>call</b>.
      |                                                             ^^^^
      |
      = hint: write it in Markdown, or remove it
    "#);
}

#[test]
fn a_playbook_that_names_no_policy_is_told_which_there_are() {
    insta::assert_snapshot!(said(&with("# Social media\n", "[\"social-medya\", \"other\", \"social-media\", \"social-media\"]")), @r#"
    error[unknown-policy]: no policy `social-medya`
     --> playbooks/phi-by-staff.toml:5:11
      |
    5 | policy = ["social-medya", "other", "social-media", "social-media"]
      |           ^^^^^^^^^^^^^^
      |
      = hint: write `policy = ["social-media", "other", "social-media", "social-media"]`

    error[unknown-policy]: no policy `other`
     --> playbooks/phi-by-staff.toml:5:27
      |
    5 | policy = ["social-medya", "other", "social-media", "social-media"]
      |                           ^^^^^^^
      |
      = hint: add the file `policies/other.md` to the playbooks

    error[duplicate-id]: `social-media` is listed twice
     --> playbooks/phi-by-staff.toml:5:52
      |
    5 | policy = ["social-medya", "other", "social-media", "social-media"]
      |                                                    ^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_file_that_no_playbook_names_is_fine_and_its_name_must_be_one() {
    let mut files = good();
    files.insert(POLICY, "# Social media\n");
    assert_eq!(said(&files), "");
    files.insert("playbooks/policies/Social Media (1).md", "# Copy\n");
    assert!(said(&files).contains("error[wrong-file-name]"));
}
