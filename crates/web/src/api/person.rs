//! The end user and organization in bodies.

use model::{EndUser, Organization};
use serde_json::Value;
use utoipa::ToSchema;

use super::input::{Flaw, Object, Reading, email, length, map_of, tag_pairs, text};

/// The person on whose behalf an app connects.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body for the API document; bodies are read key by key")]
pub(super) struct EndUserBody {
    /// The app's own identifier, 1 to 255 characters.
    id: String,
    email: Option<String>,
    display_name: Option<String>,
    tags: Option<std::collections::BTreeMap<String, String>>,
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
fn own_tags(value: Value) -> Reading<std::collections::BTreeMap<String, String>> {
    let mut filled = value.clone();
    for text in filled.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        if text.as_str().is_some_and(str::is_empty) {
            "-".clone_into(match text {
                Value::String(text) => text,
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => continue,
            });
        }
    }
    tag_pairs(filled)?;
    map_of(|key| Ok::<_, Flaw>(key.to_owned()), text(length(0, 255)))(value)
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
        let paths: Vec<_> = end_user(sent).expect_err("four").iter().map(|issue| issue.path.join(".")).collect();
        assert_eq!(paths, ["id", "email", "tags.1", ""]);
    }
}
