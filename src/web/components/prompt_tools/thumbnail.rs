//! The small picture of a LoRA or an embedding.

use std::fmt::Write;

use leptos::prelude::*;

use crate::{
    base_path::with_base,
    components::{
        icon::{Glyph, Icon},
        part,
        reactive::{Erased, listener},
    },
};
use proto::prompts::PromptModel;

/// Loaded when it is scrolled into view. Without a picture, a sign is in its place.
#[component]
pub(super) fn Thumbnail(kind: PromptModel, name: String) -> impl IntoView {
    let missing = RwSignal::new(false);
    let address = address(kind, &name);
    view! {
        <span class="prompt-thumbnail">
            {part(move || {
                if missing.get() {
                    return view! { <Icon glyph=Glyph::Picture /> }.erased();
                }
                let address = address.clone();
                view! { <img src=address alt="" width="40" height="40" loading="lazy" on:error=listener(move |_| missing.set(true)) /> }.erased()
            })}
        </span>
    }
    .erased()
}

fn address(kind: PromptModel, name: &str) -> String {
    let mut address = with_base(&format!("/model-previews/{}?file=", kind.folder()));
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_a_name_do_not_change_the_address() {
        let address = address(PromptModel::Lora, "ink/a&b #1+é.safetensors");
        assert_eq!(address, "/model-previews/loras?file=ink/a%26b%20%231%2B%C3%A9.safetensors");
    }
}
