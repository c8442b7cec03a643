extension PageText {
    static let html = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>ModelHost</title>
        <link rel="icon" href="/page.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/page.css">
        <script src="/page.js" defer></script>
        </head>
        <body>
        <a class="skip" href="#main">Skip to the conversation</a>
        <header>
          <h1>ModelHost</h1>
          <form id="model-form" class="row" aria-label="Model">
            <label class="grow">Model <select id="model-select"></select></label>
            <label>Strategy <input id="strategy" size="18" placeholder="best available" autocomplete="off" spellcheck="false"></label>
            <button id="load" type="submit">Load</button>
            <button id="unload" type="button">Unload</button>
          </form>
          <p id="status" class="status" role="status" aria-live="polite">Connecting …</p>
          <progress id="load-progress" max="1" value="0" hidden aria-label="Loading"></progress>
        </header>

        <nav role="tablist" aria-label="Views">
          <button role="tab" id="tab-chat" aria-controls="view-chat" aria-selected="true">Chat</button>
          <button role="tab" id="tab-notebook" aria-controls="view-notebook" aria-selected="false" tabindex="-1">Notebook</button>
          <button role="tab" id="tab-next" aria-controls="view-next" aria-selected="false" tabindex="-1">Next token</button>
          <button role="tab" id="tab-server" aria-controls="view-server" aria-selected="false" tabindex="-1">Server</button>
        </nav>

        <div class="columns">
        <main id="main">
          <section id="empty" class="card" hidden>
            <h2>No model is loaded</h2>
            <p id="empty-pick" hidden>Choose one above and press <b>Load</b>.</p>
            <div id="empty-drop" hidden>
              <p>Put weights into the <code>models/</code> folder of this host, then press reload:</p>
              <ul>
                <li>an RWKV <code>.pth</code> file, with <code>20B_tokenizer.json</code> or
                  <code>rwkv_vocab_v20230424.txt</code> beside it; or</li>
                <li>a Hugging Face folder with <code>config.json</code>, <code>tokenizer.json</code> and
                  <code>.safetensors</code> or <code>.bin</code> weights.</li>
              </ul>
              <button id="refresh" type="button">Look again</button>
            </div>
          </section>

          <section id="view-chat" role="tabpanel" aria-labelledby="tab-chat">
            <ol id="messages" class="messages" aria-label="Conversation" aria-live="polite"></ol>
            <form id="chat-form" class="composer">
              <label for="chat-input" class="hidden">Your message</label>
              <textarea id="chat-input" rows="3" placeholder="Your message (Enter sends, Shift+Enter breaks the line)"></textarea>
              <div class="row">
                <button id="send" type="submit" class="primary">Send</button>
                <button id="chat-stop" type="button" disabled>Stop <kbd>Esc</kbd></button>
                <button id="continue" type="button">Continue</button>
                <button id="regenerate" type="button">Regenerate</button>
                <button id="remove-last" type="button">Remove last</button>
                <button id="clear" type="button">Clear</button>
              </div>
            </form>
          </section>

          <section id="view-notebook" role="tabpanel" aria-labelledby="tab-notebook" hidden>
            <label for="notebook" class="hidden">Text</label>
            <textarea id="notebook" rows="18" placeholder="A text that the model goes on with (Ctrl+Enter)"></textarea>
            <div class="row">
              <button id="generate" type="button" class="primary">Generate</button>
              <button id="notebook-stop" type="button" disabled>Stop <kbd>Esc</kbd></button>
              <button id="undo" type="button">Undo</button>
              <span id="token-count" class="note" role="status"></span>
            </div>
          </section>

          <section id="view-next" role="tabpanel" aria-labelledby="tab-next" hidden>
            <label for="next-input">What would come after this text?</label>
            <textarea id="next-input" rows="4"></textarea>
            <div class="row">
              <button id="look" type="button" class="primary">Show probabilities</button>
              <label class="check"><input type="checkbox" id="next-samplers"> after the samplers</label>
            </div>
            <table id="next-table"><caption class="hidden">Next tokens</caption><tbody></tbody></table>
          </section>

          <section id="view-server" role="tabpanel" aria-labelledby="tab-server" hidden>
            <h2>From a terminal</h2>
            <pre id="curl" tabindex="0"></pre>
            <button id="copy-curl" type="button">Copy</button>
            <h2>Model</h2>
            <dl id="facts"></dl>
            <h2>Key</h2>
            <p class="note">Only needed when the host was started with a key. It stays in this browser.</p>
            <label>API or admin key <input id="key" type="password" autocomplete="off"></label>
          </section>
          <p id="error" class="error" role="alert" hidden></p>
        </main>

        <aside aria-label="Parameters">
          <details open>
            <summary>Parameters</summary>
            <div id="parameters" class="parameters"></div>
            <label>Stop strings, one a line (<code>\n</code> is a line end) <textarea id="stop" rows="2"></textarea></label>
            <label>System message <textarea id="system" rows="3"></textarea></label>
            <button id="reset" type="button">Neutral values</button>
          </details>
          <p id="speed" class="note" role="status"></p>
        </aside>
        </div>
        </body>
        </html>
        """#
}
