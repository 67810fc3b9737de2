//! The end user and organization in bodies.

use std::collections::BTreeMap;

use model::{EndUser, Organization, Tags};
use serde_json::Value;
use utoipa::ToSchema;

use super::input::{Object, Reading, email, length, map_of, text};

/// The person on whose behalf an app connects.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the API document; bodies are read key by key")]
pub(super) struct EndUserBody {
    /// The app's own identifier, 1 to 255 characters.
    id: String,
    email: Option<String>,
    display_name: Option<String>,
    tags: Option<BTreeMap<String, String>>,
}

/// The organization the person acts for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the API document; bodies are read key by key")]
pub(super) struct OrganizationBody {
    /// The app's own identifier.
    id: String,
    display_name: Option<String>,
}

/// Reads a person.
pub(super) fn end_user(value: Value) -> Reading<EndUser> {
    let mut object = Object::of(Some(value))?;
    let id = object.required("id", text(length(1, 255)));
    let email = object.optional("email", text(email));
    let display_name = object.optional("display_name", text(length(0, 255)));
    let tags = object.optional("tags", own_tags);
    object.finish(id.map(|id| EndUser { id, email, display_name, tags, organization: None }))
}

/// Reads an organization.
pub(super) fn organization(value: Value) -> Reading<Organization> {
    let mut object = Object::of(Some(value))?;
    let id = object.required("id", text(length(0, 255)));
    let display_name = object.optional("display_name", text(length(0, 255)));
    object.finish(id.map(|id| Organization { id, display_name }))
}

/// A person's own tags keep the rules of tags, but a value may be empty and keys stay as they are spelled.
fn own_tags(value: Value) -> Reading<BTreeMap<String, String>> {
    let own = map_of(|key| Ok(key.to_owned()), text(length(0, 255)))(value)?;
    // The rules refuse empty values, so that a stand-in takes their place while the rest is checked.
    let filled = own.iter().map(|(key, value)| {
        let value = if value.is_empty() { "-" } else { value };
        (key.clone(), value.to_owned())
    });
    Tags::parse(filled)?;
    Ok(own)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_person_keeps_the_spelling_of_tag_keys() {
        let user = end_user(json!({ "id": "u", "tags": { "projectId": "", "b": "x" } })).expect("valid");
        assert_eq!(user.tags.expect("sent").get("projectId").map(String::as_str), Some(""));
    }

    #[test]
    fn problems_of_a_person_name_their_place() {
        let sent = json!({ "id": "", "email": "no", "tags": { "1": "x" }, "organization": {} });
        let paths: Vec<_> =
            end_user(sent).expect_err("four").iter().map(|issue| issue.path.join(".")).collect();
        assert_eq!(paths, ["id", "email", "tags.1", ""]);
    }
}
