extension PageText {
    /// The conversation.
    static let chatScript = #"""
        let messages = store.get("messages", []);

        function bubble(message) {
          const [item, who, thought, text] = ["li", "span", "details", "span"].map((name) => document.createElement(name));
          item.className = message.role;
          who.className = "who";
          who.textContent = message.role === "user" ? "You" : "Model";
          thought.append(document.createElement("summary"), document.createElement("span"));
          thought.firstChild.textContent = "Thought";
          item.append(who, thought, text);
          fill(item, message);
          thought.open = !message.content;
          return item;
        }
        function fill(item, message) {
          const [, thought, text] = item.children;
          thought.hidden = !message.reasoning_content;
          thought.lastChild.textContent = message.reasoning_content ?? "";
          if (message.content && !text.textContent) thought.open = false;
          text.textContent = message.content;
        }
        function showMessages() {
          $("messages").replaceChildren(...messages.map(bubble));
          store.set("messages", messages);
        }

        async function answer(continues) {
          if (running) return;
          if (!continues) messages.push({ role: "assistant", content: "" });
          const message = messages.at(-1);
          showMessages();
          const item = $("messages").lastChild;
          const system = $("system").value.trim();
          const history = continues ? messages : messages.slice(0, -1);
          try {
            await stream("/v1/chat/completions", {
              ...parameters(), model: current ?? undefined, stop: stops(), continue_: continues,
              messages: [...(system ? [{ role: "system", content: system }] : []), ...history],
            }, (choice) => {
              message.reasoning_content = (message.reasoning_content ?? "") + (choice.delta.reasoning_content ?? "");
              message.content += choice.delta.content ?? "";
              fill(item, message);
              const isAtEnd = innerHeight + scrollY > document.body.scrollHeight - 160;
              if (isAtEnd) scrollTo(0, document.body.scrollHeight);
            });
          } finally {
            if (!message.content && !message.reasoning_content && !continues) messages.pop();
            showMessages();
            $("chat-input").focus();
          }
        }

        $("chat-form").addEventListener("submit", guarded(async () => {
          const content = $("chat-input").value.trim();
          if (running || !content) return;
          messages.push({ role: "user", content });
          $("chat-input").value = "";
          await answer(false);
        }));
        $("chat-input").addEventListener("keydown", (event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            $("chat-form").requestSubmit();
          }
        });
        $("chat-stop").addEventListener("click", () => running?.abort());
        $("continue").addEventListener("click", guarded(async () => {
          if (messages.at(-1)?.role === "assistant") await answer(true);
        }));
        $("regenerate").addEventListener("click", guarded(async () => {
          if (running) return;
          if (messages.at(-1)?.role === "assistant") messages.pop();
          if (messages.length > 0) await answer(false);
        }));
        $("remove-last").addEventListener("click", () => { if (!running) { messages.pop(); showMessages(); } });
        $("clear").addEventListener("click", () => {
          if (!running && confirm("Clear the conversation?")) { messages = []; showMessages(); }
        });
        showMessages();
        """#
}
