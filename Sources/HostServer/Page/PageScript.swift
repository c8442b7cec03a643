extension PageText {
    /// The page's program; what a model writes goes to the page as text and never as HTML.
    static let script = [coreScript, modelScript, chatScript, notebookScript].joined(separator: "\n")

    /// Calls to the host, events of a stream, tabs, parameters.
    private static let coreScript = #"""
        "use strict";
        const $ = (id) => document.getElementById(id);
        const store = {
          get(name, fallback) {
            try { return JSON.parse(localStorage.getItem("modelhost." + name)) ?? fallback; } catch { return fallback; }
          },
          set(name, value) { try { localStorage.setItem("modelhost." + name, JSON.stringify(value)); } catch { /* private mode */ } },
        };

        const headers = () => {
          const key = $("key").value.trim();
          return { "Content-Type": "application/json", ...(key ? { Authorization: "Bearer " + key } : {}) };
        };
        async function call(method, path, body, signal) {
          const reply = await fetch(path, {
            method, signal, headers: headers(), body: body === undefined ? undefined : JSON.stringify(body),
          });
          if (reply.ok) return reply;
          const answer = await reply.json().catch(() => ({}));
          throw new Error(answer.error?.message ?? "The host answered " + reply.status + ".");
        }
        const get = async (path) => (await call("GET", path)).json();
        const post = async (path, body) => (await call("POST", path, body)).json();

        function showError(error) {
          const text = !error || error.name === "AbortError" ? "" : String(error.message ?? error);
          $("error").textContent = text;
          $("error").hidden = !text;
        }
        const guarded = (action) => async (event) => {
          event?.preventDefault?.();
          showError(null);
          try { await action(event); } catch (error) { showError(error); }
        };

        /* One generation at a time; Stop and Esc end it by leaving, which the host sees at once. */
        let running = null;
        function setRunning(controller) {
          running = controller;
          for (const id of ["send", "generate", "continue", "regenerate"]) $(id).disabled = Boolean(controller);
          for (const id of ["chat-stop", "notebook-stop"]) $(id).disabled = !controller;
        }
        async function stream(path, body, onChunk) {
          const controller = new AbortController();
          setRunning(controller);
          const start = performance.now();
          try {
            if (document.body.dataset.stream === "false") {
              const whole = await (await call("POST", path, body, controller.signal)).json();
              const choice = whole.choices[0];
              onChunk({ text: choice.text, delta: choice.message ?? {} });
              return showSpeed(whole.usage, start, 0);
            }
            const options = { ...body, stream: true, stream_options: { include_usage: true } };
            const reply = await call("POST", path, options, controller.signal);
            const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
            let rest = "", first = 0;
            for (;;) {
              const { value, done } = await reader.read();
              if (done) break;
              rest += value;
              const events = rest.split("\n\n");
              rest = events.pop();
              for (const event of events) {
                if (!event.startsWith("data: ") || event === "data: [DONE]") continue;
                const chunk = JSON.parse(event.slice(6));
                if (chunk.error) throw new Error(chunk.error.message);
                if (chunk.choices[0]) { first ||= performance.now(); onChunk(chunk.choices[0]); }
                if (chunk.usage) showSpeed(chunk.usage, start, first);
              }
            }
          } finally { setRunning(null); }
        }
        function showSpeed(usage, start, first) {
          const seconds = (performance.now() - (first || start)) / 1000;
          const rate = seconds > 0 ? (usage.completion_tokens / seconds).toFixed(1) : "–";
          const cached = usage.prompt_tokens_details?.cached_tokens ?? 0;
          $("speed").textContent = usage.prompt_tokens + " prompt tokens (" + cached + " cached), "
            + usage.completion_tokens + " new, " + rate + " tokens/s";
        }
        document.addEventListener("keydown", (event) => { if (event.key === "Escape") running?.abort(); });

        const tabs = ["chat", "notebook", "next", "server"];
        function openTab(name, focus) {
          for (const tab of tabs) {
            const selected = tab === name;
            $("tab-" + tab).setAttribute("aria-selected", selected);
            $("tab-" + tab).tabIndex = selected ? 0 : -1;
            $("view-" + tab).hidden = !selected;
          }
          if (focus) $("tab-" + name).focus();
        }
        tabs.forEach((name, index) => {
          $("tab-" + name).addEventListener("click", () => openTab(name));
          $("tab-" + name).addEventListener("keydown", (event) => {
            const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
            if (step) openTab(tabs[(index + step + tabs.length) % tabs.length], true);
          });
        });

        /* name, label, neutral value, step */
        const knobs = [
          ["max_tokens", "New tokens", 512, 1], ["temperature", "Temperature", 1, 0.05], ["top_p", "Top-p", 1, 0.05],
          ["top_k", "Top-k", 0, 1], ["min_p", "Min-p", 0, 0.01], ["repetition_penalty", "Repetition", 1, 0.01],
          ["presence_penalty", "Presence", 0, 0.1], ["frequency_penalty", "Frequency", 0, 0.1], ["penalty_decay", "Penalty decay", 1, 0.001], ["seed", "Seed", -1, 1],
        ];
        const saved = store.get("parameters", {});
        for (const [name, label, neutral, step] of knobs) {
          const input = Object.assign(document.createElement("input"), {
            type: "number", step, id: "knob-" + name, value: saved[name] ?? document.body.dataset[name] ?? neutral,
          });
          input.addEventListener("change", saveParameters);
          const box = document.createElement("label");
          box.append(label, input);
          $("parameters").append(box);
        }
        for (const id of ["stop", "system"]) {
          $(id).value = saved[id] ?? "";
          $(id).addEventListener("change", saveParameters);
        }
        $("key").value = store.get("key", "");
        $("key").addEventListener("change", () => { store.set("key", $("key").value); refresh(); });
        $("reset").addEventListener("click", () => {
          for (const [name, , neutral] of knobs) $("knob-" + name).value = neutral;
          saveParameters();
        });
        function parameters() {
          const values = {};
          for (const [name, , neutral] of knobs) {
            const text = $("knob-" + name).value;
            values[name] = text === "" ? neutral : Number(text);
          }
          return values;
        }
        function saveParameters() { store.set("parameters", { ...parameters(), stop: $("stop").value, system: $("system").value }); }
        const stops = () => $("stop").value.split("\n").filter(Boolean).map((line) => line.replaceAll("\\n", "\n"));
        """#
}
