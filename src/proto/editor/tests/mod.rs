mod all_templates;
