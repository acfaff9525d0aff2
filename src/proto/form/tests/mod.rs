mod applying;
mod carried;
mod every_class;
mod fields;
mod hinted;
mod lora_lists;
mod support;
mod switched_off;
