extension PageText {
    /// The conversation.
    static let chatScript = #"""
        let messages = store.get("messages", []);

        function bubble(message) {
          const item = document.createElement("li"), who = document.createElement("span"), text = document.createElement("span");
          item.className = message.role;
          who.className = "who";
          who.textContent = message.role === "user" ? "You" : "Model";
          text.textContent = message.content;
          item.append(who, text);
          return item;
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
          const text = $("messages").lastChild.lastChild;
          const system = $("system").value.trim();
          const history = continues ? messages : messages.slice(0, -1);
          let thought = "";
          try {
            await stream("/v1/chat/completions", {
              ...parameters(), model: current ?? undefined, stop: stops(), continue_: continues,
              messages: [...(system ? [{ role: "system", content: system }] : []), ...history],
            }, (choice) => {
              thought += choice.delta.reasoning_content ?? "";
              message.content += choice.delta.content ?? "";
              text.textContent = message.content || thought;
              const isAtEnd = innerHeight + scrollY > document.body.scrollHeight - 160;
              if (isAtEnd) scrollTo(0, document.body.scrollHeight);
            });
          } finally {
            if (!message.content && !continues) messages.pop();
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
