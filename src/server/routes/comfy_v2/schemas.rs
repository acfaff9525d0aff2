//! Bounds of bodies and parameters that the macros for the API document cannot say.

use proto::limits;
use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Components, Object, ObjectBuilder, RefOr, Schema, Type, schema::SchemaType},
};

/// See [`proto::comfy_v2::is_metadata_name`].
const METADATA_NAME: &str = "^[A-Za-z0-9_.-]+$";
/// See [`proto::comfy_v2::is_metadata_value`].
const METADATA_VALUE: &str = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$";

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A workflow to run.
pub(super) fn workflow() -> Object {
    let node = ObjectBuilder::new()
        .property("class_type", text().min_length(Some(1)))
        .property("inputs", ObjectBuilder::new())
        .required("class_type")
        .required("inputs");
    ObjectBuilder::new()
        .description(Some(
            "Nodes by their ids, in API format. Anywhere in it `{\"__type\": \"core/ASSET\", \"info\": {\"id\": …}}` is an asset.",
        ))
        .min_properties(Some(1))
        .additional_properties(Some(node))
        .examples([json!({"1": {"class_type": "SaveImage", "inputs": {}}})])
        .build()
}

/// The pairs of a job.
pub(super) fn metadata() -> Object {
    pairs(limits::JOB_METADATA)
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .description(Some("Up to 16 pairs of texts, each of at most 256 bytes."))
        .examples([json!({"order": "4711"})])
        .build()
}

/// The pairs by which a list of jobs is filtered.
pub struct MetadataFilter;

impl PartialSchema for MetadataFilter {
    fn schema() -> RefOr<Schema> {
        pairs(limits::JOB_FILTERS).into()
    }
}

impl ToSchema for MetadataFilter {}

/// A form may have more fields than are described. Their names, too, stand in headers.
pub(super) fn bound_field_names(components: &mut Components, form: &str) {
    if let Some(RefOr::T(Schema::Object(form))) = components.schemas.get_mut(form) {
        form.property_names = Some(Box::new(text().pattern(Some(r"^[^\x00-\x1f\x7f]*$")).into()));
    }
}

fn pairs(most: usize) -> ObjectBuilder {
    let name = text().pattern(Some(METADATA_NAME)).max_length(Some(limits::JOB_METADATA_NAME));
    let value = text().pattern(Some(METADATA_VALUE)).max_length(Some(limits::JOB_METADATA_VALUE));
    ObjectBuilder::new().property_names(Some(name)).additional_properties(Some(value)).max_properties(Some(most))
}
