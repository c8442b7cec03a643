extension PageText {
    /// The model bar, the server's state, the curl line.
    static let modelScript = #"""
        function size(bytes) {
          const power = Math.min(3, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
          return (bytes / 1024 ** power).toFixed(power > 1 ? 1 : 0) + " " + ["B", "KiB", "MiB", "GiB"][power];
        }
        let current = null, isLoading = false, timer = 0;

        async function refresh() {
          clearTimeout(timer);
          try {
            const [models, info] = await Promise.all([get("/v1/models"), get("/v1/internal/model/info")]);
            isLoading = Boolean(info.loading);
            current = info.model_name === "None" ? null : info.model_name;
            showModels(models.data, info);
            showFacts(info);
          } catch (error) {
            $("status").textContent = error instanceof TypeError ? "The host does not answer." : error.message;
          }
          timer = setTimeout(refresh, isLoading ? 700 : 5000);
        }

        function showModels(models, info) {
          const select = $("model-select");
          const names = models.map((model) => model.id);
          const known = [...select.options].map((option) => option.value);
          if (names.join("\n") !== known.join("\n")) {
            const chosen = select.value;
            select.replaceChildren(...models.map((model) => new Option(model.id, model.id)));
            select.value = names.includes(chosen) ? chosen : current ?? names[0] ?? "";
          }
          $("empty").hidden = Boolean(current) || isLoading;
          $("empty-pick").hidden = names.length === 0;
          $("empty-drop").hidden = names.length > 0;
          $("load").disabled = isLoading || names.length === 0;
          $("unload").disabled = !current;
          const progress = $("load-progress");
          progress.hidden = !isLoading;
          if (isLoading) {
            progress.value = info.loading.progress;
            $("status").textContent = "Loading " + info.loading.model_name + ": " + size(info.loading.completed_bytes)
              + " of " + size(info.loading.total_bytes);
          } else {
            $("status").textContent = current ? current + " is ready (" + info.loader + ")" : "No model is loaded.";
          }
          document.title = current ? current + " – ModelHost" : "ModelHost";
          const body = JSON.stringify({ model: current ?? "NAME", messages: [{ role: "user", content: "Hello!" }], max_tokens: 100 });
          const key = $("key").value ? "  -H 'Authorization: Bearer YOUR_KEY' \\\n" : "";
          $("curl").textContent = "curl " + location.origin + "/v1/chat/completions \\\n" + key
            + "  -H 'Content-Type: application/json' \\\n  -d '" + body.replaceAll("'", "'\\''") + "'";
        }

        function showFacts(info) {
          const facts = $("facts");
          facts.replaceChildren();
          const add = (name, value) => {
            const term = document.createElement("dt"), text = document.createElement("dd");
            term.textContent = name;
            text.textContent = value;
            facts.append(term, text);
          };
          add("Host", "ModelHost " + document.body.dataset.version);
          const details = info.details;
          if (!details) return add("Loaded", "nothing");
          add("Name", info.model_name);
          add("Kind", details.architecture + " " + details.generation);
          add("Size", details.layers + " layers × " + details.hidden_size + ", " + details.vocabulary_size + " tokens");
          add("Plan", details.plan);
          for (const [device, bytes] of Object.entries(details.weight_bytes)) add("Weights on " + device, size(bytes));
          add("State of one text", size(details.state_bytes));
        }

        $("model-form").addEventListener("submit", guarded(async () => {
          const strategy = $("strategy").value.trim();
          const body = { model_name: $("model-select").value, ...(strategy ? { args: { rwkv_strategy: strategy } } : {}) };
          const loading = post("/v1/internal/model/load", body);
          isLoading = true;
          setTimeout(refresh, 200);
          try { await loading; } finally { await refresh(); }
        }));
        $("unload").addEventListener("click", guarded(async () => {
          await post("/v1/internal/model/unload");
          await refresh();
        }));
        $("refresh").addEventListener("click", refresh);
        $("copy-curl").addEventListener("click", guarded(() => navigator.clipboard.writeText($("curl").textContent)));
        refresh();
        """#
}
