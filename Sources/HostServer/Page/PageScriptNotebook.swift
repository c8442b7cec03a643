extension PageText {
    /// The notebook and the view of next-token probabilities.
    static let notebookScript = #"""
        const notebook = $("notebook");
        notebook.value = store.get("notebook", "");
        let before = null, counting = 0;

        function countTokens() {
          clearTimeout(counting);
          counting = setTimeout(async () => {
            store.set("notebook", notebook.value);
            if (!current) return;
            try {
              const { length } = await post("/v1/internal/token-count", { text: notebook.value });
              $("token-count").textContent = length + (length === 1 ? " token" : " tokens");
            } catch { $("token-count").textContent = ""; }
          }, 400);
        }
        notebook.addEventListener("input", countTokens);

        const generate = guarded(async () => {
          if (running) return;
          before = notebook.value;
          try {
            await stream("/v1/completions", {
              ...parameters(), model: current ?? undefined, stop: stops(), prompt: before,
            }, (choice) => {
              notebook.value += choice.text;
              notebook.scrollTop = notebook.scrollHeight;
            });
          } finally { countTokens(); }
        });
        $("generate").addEventListener("click", generate);
        notebook.addEventListener("keydown", (event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) generate(event);
        });
        $("notebook-stop").addEventListener("click", () => running?.abort());
        $("undo").addEventListener("click", () => {
          if (before !== null && !running) [notebook.value, before] = [before, null];
          countTokens();
        });
        countTokens();

        $("look").addEventListener("click", guarded(async () => {
          const { max_tokens, ...sampling } = parameters();
          const uses = $("next-samplers").checked;
          const answer = await post("/v1/internal/logits", {
            prompt: $("next-input").value, top_logits: 25, use_samplers: uses, ...(uses ? sampling : {}),
          });
          const best = Object.entries(answer).sort((left, right) => right[1] - left[1]);
          const rows = best.map(([piece, probability]) => {
            const row = document.createElement("tr");
            const name = row.insertCell(), bar = row.insertCell(), number = row.insertCell();
            const meter = document.createElement("meter");
            name.textContent = JSON.stringify(piece);
            meter.value = probability;
            bar.className = "bar";
            bar.append(meter);
            number.textContent = (100 * probability).toFixed(2) + " %";
            return row;
          });
          $("next-table").tBodies[0].replaceChildren(...rows);
        }));
        """#
}
