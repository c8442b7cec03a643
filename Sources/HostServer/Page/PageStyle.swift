extension PageText {
    static let style = #"""
        :root {
          color-scheme: light dark;
          --ground: #f7f6f3; --card: #ffffff; --ink: #1f2328; --soft: #5a626c; --line: #d9d7d1;
          --accent: #1f6feb; --accent-ink: #ffffff; --user: #e8f0fe; --error: #b3261e;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #16181c; --card: #1f2228; --ink: #e7e9ec; --soft: #a3abb5; --line: #353a43;
            --accent: #79b0ff; --accent-ink: #10151d; --user: #24324a; --error: #ff8a80;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; max-width: 78rem; padding: 0 1rem 2rem; background: var(--ground); color: var(--ink);
          font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
        }
        h1 { font-size: 1.25rem; margin: 0; letter-spacing: -0.01em; }
        h2 { font-size: 1rem; margin: 1.2rem 0 0.4rem; }
        header { padding: 1rem 0 0.5rem; display: grid; gap: 0.5rem; }
        .row { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: end; margin: 0.5rem 0; }
        .grow { flex: 1 1 14rem; }
        label { display: block; font-size: 0.85rem; color: var(--soft); }
        .check { display: inline-flex; gap: 0.35rem; align-items: center; padding: 0.45rem 0; }
        input, select, textarea {
          width: 100%; font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line);
          border-radius: 0.5rem; padding: 0.45rem 0.6rem;
        }
        input[type="checkbox"] { width: auto; }
        textarea { resize: vertical; }
        button {
          font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line);
          border-radius: 0.5rem; padding: 0.45rem 0.9rem; cursor: pointer;
        }
        button:hover:not(:disabled) { border-color: var(--accent); }
        button:disabled { opacity: 0.5; cursor: default; }
        button.primary { background: var(--accent); color: var(--accent-ink); border-color: var(--accent); }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        kbd { font-size: 0.75em; border: 1px solid var(--line); border-radius: 0.25rem; padding: 0 0.25rem; }
        nav { display: flex; gap: 0.25rem; border-bottom: 1px solid var(--line); margin: 0.5rem 0 1rem; overflow-x: auto; }
        nav button { border: 0; background: none; border-radius: 0; border-bottom: 3px solid transparent; }
        nav button[aria-selected="true"] { border-bottom-color: var(--accent); font-weight: 600; }
        .columns { display: grid; grid-template-columns: minmax(0, 1fr) 17rem; gap: 1.5rem; align-items: start; }
        @media (max-width: 52rem) { .columns { grid-template-columns: minmax(0, 1fr); } }
        .card, aside details {
          background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; padding: 0.9rem 1rem;
        }
        .card { margin-bottom: 0.75rem; }
        .card h2 { margin-top: 0; }
        aside summary { cursor: pointer; font-weight: 600; }
        aside label { margin-top: 0.6rem; }
        .parameters { display: grid; grid-template-columns: 1fr 1fr; gap: 0 0.6rem; }
        .messages { list-style: none; margin: 0 0 1rem; padding: 0; display: grid; gap: 0.75rem; }
        .messages li {
          background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; padding: 0.6rem 0.9rem;
          white-space: pre-wrap; overflow-wrap: anywhere;
        }
        .messages li.user { background: var(--user); margin-left: 10%; }
        .messages li.assistant { margin-right: 10%; }
        .messages details { color: var(--soft); font-size: 0.9rem; margin-bottom: 0.4rem; }
        .messages summary { cursor: pointer; }
        .messages .who { display: block; font-size: 0.75rem; color: var(--soft); }
        .status, .note { color: var(--soft); font-size: 0.9rem; margin: 0; }
        .error { color: var(--error); border: 1px solid currentColor; border-radius: 0.5rem; padding: 0.5rem 0.8rem; }
        progress, meter { width: 100%; height: 0.7rem; }
        pre {
          background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.8rem; overflow-x: auto;
          font: 0.85rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace;
        }
        table { width: 100%; border-collapse: collapse; margin-top: 0.5rem; }
        td { padding: 0.15rem 0.5rem; border-bottom: 1px solid var(--line); white-space: pre; }
        td.bar { width: 60%; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; margin: 0; }
        dt { color: var(--soft); }
        dd { margin: 0; overflow-wrap: anywhere; }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        .skip { position: absolute; left: -100rem; }
        .skip:focus { left: 1rem; top: 0.5rem; background: var(--card); padding: 0.4rem 0.8rem; z-index: 1; }
        [hidden] { display: none !important; }
        """#

    /// A state that runs in a circle, for the browser's tab.
    static let icon = #"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f6feb"/>
        <path d="M22 10a8.5 8.5 0 1 0 2.3 7.6" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/>
        <circle cx="22" cy="10" r="3" fill="#fff"/></svg>
        """#
}
