// Brings the files of the page into the binary: no file has to be found at run time.
#pragma clang diagnostic ignored "-Wc23-extensions"
#include "CHostPage.h"

#define BEGIN(NAME) static const unsigned char NAME[] = {
#define END };

BEGIN(app_js)
#embed "files/app.js"
END
BEGIN(fr_js)
#embed "files/fr.js"
END
BEGIN(icon_svg)
#embed "files/icon.svg"
END
BEGIN(index_html)
#embed "files/index.html"
END
BEGIN(lib_answer_js)
#embed "files/lib/answer.js"
END
BEGIN(lib_api_js)
#embed "files/lib/api.js"
END
BEGIN(lib_chat_js)
#embed "files/lib/chat.js"
END
BEGIN(lib_dom_js)
#embed "files/lib/dom.js"
END
BEGIN(lib_host_js)
#embed "files/lib/host.js"
END
BEGIN(lib_i18n_js)
#embed "files/lib/i18n.js"
END
BEGIN(lib_keys_js)
#embed "files/lib/keys.js"
END
BEGIN(lib_markdown_js)
#embed "files/lib/markdown.js"
END
BEGIN(lib_sampling_js)
#embed "files/lib/sampling.js"
END
BEGIN(lib_settings_js)
#embed "files/lib/settings.js"
END
BEGIN(lib_store_js)
#embed "files/lib/store.js"
END
BEGIN(lib_tokens_js)
#embed "files/lib/tokens.js"
END
BEGIN(lib_tree_js)
#embed "files/lib/tree.js"
END
BEGIN(lib_ui_js)
#embed "files/lib/ui.js"
END
BEGIN(page_css)
#embed "files/page.css"
END
BEGIN(parts_body_js)
#embed "files/parts/body.js"
END
BEGIN(parts_chat_list_js)
#embed "files/parts/chat-list.js"
END
BEGIN(parts_compare_js)
#embed "files/parts/compare.js"
END
BEGIN(parts_composer_js)
#embed "files/parts/composer.js"
END
BEGIN(parts_host_copy_js)
#embed "files/parts/host-copy.js"
END
BEGIN(parts_message_js)
#embed "files/parts/message.js"
END
BEGIN(parts_next_token_js)
#embed "files/parts/next-token.js"
END
BEGIN(parts_notice_js)
#embed "files/parts/notice.js"
END
BEGIN(parts_plan_js)
#embed "files/parts/plan.js"
END
BEGIN(parts_pop_js)
#embed "files/parts/pop.js"
END
BEGIN(parts_prompt_panel_js)
#embed "files/parts/prompt-panel.js"
END
BEGIN(parts_pull_js)
#embed "files/parts/pull.js"
END
BEGIN(parts_rate_js)
#embed "files/parts/rate.js"
END
BEGIN(parts_sampling_panel_js)
#embed "files/parts/sampling-panel.js"
END
BEGIN(parts_state_panel_js)
#embed "files/parts/state-panel.js"
END
BEGIN(views_chat_js)
#embed "files/views/chat.js"
END
BEGIN(views_host_js)
#embed "files/views/host.js"
END
BEGIN(views_models_js)
#embed "files/views/models.js"
END
BEGIN(views_text_js)
#embed "files/views/text.js"
END

#define FILE(PATH, NAME) {PATH, NAME, sizeof NAME}

static const PageFile files[] = {
    FILE("app.js", app_js),
    FILE("fr.js", fr_js),
    FILE("icon.svg", icon_svg),
    FILE("index.html", index_html),
    FILE("lib/answer.js", lib_answer_js),
    FILE("lib/api.js", lib_api_js),
    FILE("lib/chat.js", lib_chat_js),
    FILE("lib/dom.js", lib_dom_js),
    FILE("lib/host.js", lib_host_js),
    FILE("lib/i18n.js", lib_i18n_js),
    FILE("lib/keys.js", lib_keys_js),
    FILE("lib/markdown.js", lib_markdown_js),
    FILE("lib/sampling.js", lib_sampling_js),
    FILE("lib/settings.js", lib_settings_js),
    FILE("lib/store.js", lib_store_js),
    FILE("lib/tokens.js", lib_tokens_js),
    FILE("lib/tree.js", lib_tree_js),
    FILE("lib/ui.js", lib_ui_js),
    FILE("page.css", page_css),
    FILE("parts/body.js", parts_body_js),
    FILE("parts/chat-list.js", parts_chat_list_js),
    FILE("parts/compare.js", parts_compare_js),
    FILE("parts/composer.js", parts_composer_js),
    FILE("parts/host-copy.js", parts_host_copy_js),
    FILE("parts/message.js", parts_message_js),
    FILE("parts/next-token.js", parts_next_token_js),
    FILE("parts/notice.js", parts_notice_js),
    FILE("parts/plan.js", parts_plan_js),
    FILE("parts/pop.js", parts_pop_js),
    FILE("parts/prompt-panel.js", parts_prompt_panel_js),
    FILE("parts/pull.js", parts_pull_js),
    FILE("parts/rate.js", parts_rate_js),
    FILE("parts/sampling-panel.js", parts_sampling_panel_js),
    FILE("parts/state-panel.js", parts_state_panel_js),
    FILE("views/chat.js", views_chat_js),
    FILE("views/host.js", views_host_js),
    FILE("views/models.js", views_models_js),
    FILE("views/text.js", views_text_js),
};

const PageFile *page_files(size_t *count) {
    *count = sizeof files / sizeof *files;
    return files;
}
