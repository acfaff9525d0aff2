mod applying;
mod every_class;
mod fields;
mod hinted;
mod lora_lists;
mod support;
