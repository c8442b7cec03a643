"""What the demo model knows about its host: for every fact the things an answer must name, a few wordings of the answer, and the ways to ask.

`do` are verb phrases for "how do I …", `what` are noun phrases for "what is …", `ask` are whole questions. Grammar: grammar.py; slots: MACROS.
"""

MACROS = {
    "model": "(model|model|model|language model|network|checkpoint|RWKV model|LLM|neural network|AI model)",
    "models": "(models|models|models|language models|networks|checkpoints|RWKV models|LLMs|weights)",
    "weights": "(weights|weight file|weights file|model file|model files|checkpoint|checkpoint file|model weights|files|parameters)",
    "own": "(my own|my|a new|another|a different|a custom|our own|an additional|a second|a downloaded|an extra|a bigger|some other|a real|my personal|one more)",
    "add": "(add|install|use|load|put in|bring in|bring|import|plug in|set up|include|integrate|insert|run|try|provide|supply|drop in|register|get|deploy|hook up|make use of|feed in|upload|host|serve|append|introduce|place|copy in)",
    "host": "(the host|the host|ModelHost|modelhost|the server|this program|the program|it|this thing|the app|the application|the service|the software|this tool|this host|this server|the thing|this)",
    "start": "(start|launch|run|boot|fire up|open|begin|turn on|bring up|spin up|get started with|start up|execute|kick off|get running)",
    "page": "(the page|the web page|the web interface|the user interface|the UI|the web UI|the website|the interface|the chat page|the GUI|the browser page|the webpage|the front end)",
    "request": "(a request|a call|an API call|a query|an API request)",
    "change": "(change|set|choose|pick|select|specify|configure|adjust|modify|alter|define|edit|use another|use a different|control|override|switch)",
    "see": "(see|show|list|find|find out|view|display|print|get|look up|check|know|read|discover|look at)",
    "gpu": "(GPU|graphics card|NVIDIA card|video card|CUDA card|CUDA|nvidia gpu|graphics processor|cuda device)",
    "text": "(text|a story|words|output|an answer|some text)",
    "terminal": "(in the terminal|from the terminal|on the command line|from the command line|in the shell|in a console|from the shell|without the page|without a browser|without the server|in one shot|without http)",
    "want": "(want|need|wish|have|like)",
}

FACTS = []


def fact(name, keys, answers, do=(), what=(), ask=()):
    FACTS.append({"name": name, "keys": keys, "answers": answers, "do": list(do), "what": list(what), "ask": list(ask)})


# The host and how it starts

fact("what_host", [r"ModelHost", r"models/", r"HTTP"], [
    "ModelHost is a program written in Swift that takes language models from the folder models/ and serves them over HTTP, with a page and an API.",
    "ModelHost runs language models on your own machine: put weights into models/, start it, and use them through its page or over HTTP."],
    what=["(ModelHost|modelhost|this host|the host|this program|this software|this project|this server|the purpose of this (program|host|software)|this repository|this tool|this app)", "(the idea of|the goal of|the point of) (ModelHost|this host|the host|this program)"],
    ask=["what (does|can) (ModelHost|modelhost|this host|the host|this program|this server|this software|this app) (do|do for me)", "what is (ModelHost|this host|this program|this) (for|good for|used for|about|all about)",
         "what (am I looking at|have I installed|did I just (start|install|run|launch))", "why (would|should) I use (ModelHost|this host|this program|this)", "what kind of (program|software|server|application) is (this|ModelHost|that)",
         "(tell me|say something|explain something) about (ModelHost|the host|this program|this project|the server)", "(describe|introduce|present) (ModelHost|the host|this program|the project)", "what (can|could) I use (ModelHost|the host|this program|this server) for"])

fact("start", [r"swift run -c release modelhost", r"7860"], [
    "Start it with swift run -c release modelhost. Then open http://127.0.0.1:7860 in a browser.",
    "Type swift run -c release modelhost in the folder of the project. The page and the API are then at http://127.0.0.1:7860."],
    do=["{start} {host}", "{start} (ModelHost|the host|the server|the program) (for the first time|on my machine|on my computer|quickly|now|locally|here)", "get {host} (running|to run|going|up and running|started|working|up)", "(begin|get started|start|get going|start up|launch)", "(build|compile|build and run|compile and run|install) (ModelHost|the host|the program|modelhost|the server|it)", "make (the host|it|the server|ModelHost) (run|start|work|go)"],
    what=["(the start command|the command to start|the command that starts the host|the first step|the launch command|the first command|the command line to start it|getting started|starting the host|launching the server)"],
    ask=["(which|what) command (starts|launches|runs|boots|brings up) {host}", "how (is|does) {host} (started|launched|start|run|get started)", "what do I (type|enter|run|do|have to type) (first|to start|to begin|to launch it|to get going)", "where do I (start|begin)", "I have (just )[cloned|downloaded] the (project|repository|code), what now", "what (must|should) I type to {start} {host}", "quick start[ guide]", "getting started"])

fact("page_address", [r"http://127\.0\.0\.1:7860"], [
    "The page is at http://127.0.0.1:7860 as soon as the host runs.",
    "Open http://127.0.0.1:7860 in your browser: that is the page of the host."],
    do=["(open|reach|find|visit|get to|go to|access|see|use|view|connect to|show|bring up|load) {page}", "(open|use|reach|see|view) (the host|it|ModelHost|the chat) in (my|a|the) (browser|web browser)", "(chat|talk) (with a model|with the model|with it) in (my|the|a) browser"],
    what=["(the address of {page}|the URL of {page}|the web address|the url|the local address|the default address|the link to {page})"],
    ask=["where (is|can I find|do I find|do I see|lives) {page}", "(which|what) (address|URL|link|site) (do I open|must I open|should I open|should I visit|do I visit|has the page|does it use|is it|does the page have)", "(which|what) (address|url) (does the host|does the server|does ModelHost) (use|listen on|serve on)", "is there (a page|a web page|a web interface|a UI|a GUI|a user interface|an interface|a website|a chat page)", "does it have (a page|a web page|a web interface|a UI|a GUI|a user interface|a front end)", "what (do I|should I|must I) (type into|enter in|open in) (my|the) browser"])

fact("stop_host", [r"Ctrl\+C"], [
    "Press Ctrl+C in the terminal where the host runs; it then stops.",
    "Ctrl+C in its terminal stops the host."],
    do=["(stop|quit|end|exit|close|shut down|kill|terminate|turn off|switch off|halt|leave) (the host|ModelHost|the server|the program|the service|modelhost|the application|the whole thing)"],
    ask=["how (is|does) (the host|the server|ModelHost) (stopped|shut down|stop|end)", "(which|what) key (stops|ends|quits) (the host|the server|the program|it)", "how do I get out of (the host|the program|ModelHost)"])

fact("requirements", [r"Swift 6"], [
    "You need a machine with Swift 6 and nothing else: no Python, no packages.",
    "Only the Swift 6 toolchain is needed; the host uses no packages and no Python."],
    what=["(the requirements|the system requirements|the requirements of the host|the prerequisites|the dependencies|the minimum requirements|the packages it needs|the hardware requirements)"],
    ask=["what (do I need|is needed|is required|must I install|must be installed|do I have to install|should I install|do I need installed) (first|before I start|to run it|to run the host|to build it|for the host|to use ModelHost|for this)", "(does it|does the host|does ModelHost) (need|use|require|depend on|have) (any )[other ](packages|dependencies|libraries|package|third party code)", "(which|what) (packages|dependencies|libraries) (does it|does the host|does ModelHost) (need|use|have|require)", "(which|what) (version of Swift|Swift version|swift|compiler|toolchain) (do I need|is needed|does it need|is required|must I have)",
         "(does|will|can) (it|the host|ModelHost) (run|work) on (Linux|a Mac|macOS|my computer|Windows|Ubuntu|my laptop|Debian|my machine)", "(which|what) (operating system|system|platform|OS|computer|machine)[s] (do I need|does it need|does it run on|is supported|are supported|can run it)", "(in which|which|what) (programming language|language) is (the host|ModelHost|it|this|the server) written[ in]", "is (it|the host|ModelHost) written in (Swift|Rust|C++|Python|Go)", "(dependencies|requirements|prerequisites|packages)"])

fact("python", [r"[Nn]o.*Python|Python.*not"], [
    "No, Python is not needed: the host reads the weights and the tokenizers by itself, in Swift.",
    "No. There is no Python anywhere in the host; everything it does is written in Swift."],
    do=["(use|run) (it|the host|ModelHost) without (Python|PyTorch|pip|a Python environment)"],
    ask=["(do I|does it|does the host|does ModelHost|do we|will I) (need|require|use|have to install|depend on|need to install|want) (Python|PyTorch|pip|torch|transformers|a Python environment|conda|numpy)", "is (Python|PyTorch|pip|torch|transformers) (needed|required|necessary|used|installed|involved|a must|a requirement)", "must I (install|have) (Python|PyTorch|torch|pip)", "is there (any )Python (in it|in the host|code|inside|here|involved)", "(Python|pytorch|conda)", "(can I run it|does it work|does it run) without (Python|PyTorch|pip)", "why (no|not) Python", "what about Python"])

fact("tests", [r"swift test"], [
    "Run swift test in the folder of the project.",
    "The tests run with swift test; what a machine does not have is skipped with a message."],
    do=["(run|start|execute|launch) (the tests|all tests|the test suite|the unit tests|tests)", "(test|check) (the code|whether everything works|the build|the project|my changes|the source code)"],
    what=["(the test command|the command for the tests)"],
    ask=["(which|what) command (runs|starts) (the tests|all tests|the test suite)", "(are|where are|is) there (tests|any tests|a test suite)", "how (is|are) (the project|the code|the tests) (tested|run)", "where are the tests"])

fact("source_layout", [r"Sources/"], [
    "The code lies in Sources/, a folder per module: HostCore has the protocols, RWKVModels the mathematics, HostHTTP the server. The README shows the whole tree.",
    "Look into Sources/: one folder per module, such as HostCore, HostCheckpoints, HostTokenizers, RWKVModels, HostGeneration and HostServer."],
    do=["(find my way in|understand|read|look at|browse|see|find) (the code|the source code|the sources|the codebase|the Swift code)"],
    what=["(the architecture of the host|the architecture|the structure of the code|the source layout|the code layout|the modules of the host|HostCore|the project structure|the folder structure)"],
    ask=["where is (the code|the source code|the source|the Swift code|the implementation)", "how is (the code|the project|the source code|the host) (organised|organized|structured|built|laid out|divided|designed)", "(which|what) (modules|parts|components|targets|folders) (are there|does it have|does the host have|make up the host|exist)", "where (do I find|is) (the mathematics|the HTTP server|the sampler|the code of the loaders|the tokenizer code)"])

# Models

fact("add_model", [r"models/", r"20B_tokenizer\.json", r"config\.json"], [
    "Put it into the folder models/: a .pth file with 20B_tokenizer.json beside it, or a Hugging Face folder with config.json, the weights and tokenizer.json. Then start with --model NAME or pick it on the page.",
    "Copy the weights into models/. That can be a .pth file together with 20B_tokenizer.json, or a Hugging Face folder with config.json, weights and tokenizer.json. Then choose it with --model NAME."],
    do=["{add} {own} {model}", "{add} {own} {model}", "{add} {own} {weights}", "{add} (a |)[new ]{models}", "{add} (a model|models|weights|the weights) (that I downloaded|from the internet|from Hugging Face|that I have|I trained|of mine|of my own|from BlinkDL)", "{add} (an RWKV|a Raven|a World|a Pile|a Hugging Face|a BlinkDL) model", "use (a model other than the demo|something else than the demo model|my weights|weights of my own|a bigger model|a better model) (with the host|here|in ModelHost|)", "(get|make) (my|a new|another) model (to work|working|running|to run|to show up|to appear|available|known to the host)", "make (the host|ModelHost|it|the server) (use|see|find|load|know|run|take) {own} {model}", "(teach|give) (the host|it|ModelHost) {own} model", "extend the (list of models|models)"],
    ask=["where (do I|should I|must I|can I|do we|does one|shall I|would I) (put|place|copy|store|save|drop|move|keep|leave|download|install|unpack) (my |the |a |new |my own |some |)({weights}|{model}|{models}|pth file|.pth file|downloaded model)", "where do (the |my |new |)({models}|{weights}|model files|pth files) (go|belong|live|have to be|need to be|have to go|get stored)", "(which|what) (folder|directory|place) (do|does|must|should) (the |my |)(models|model|weights|files|weight files) (go into|belong in|be in|go in|be put in|live in)", "(which|what) (folder|directory) (is|holds|contains|has) (for |)(the models|the weights|models|model files)", "I (have|got|downloaded|trained|own|fetched|converted) (a model|my own model|an RWKV model|a .pth file|a pth file|weights|a checkpoint|a Hugging Face folder|some weights|another model), (what now|what next|how do I use it|where does it go|where do I put it|how do I load it|what do I do with it|now what)", "can I (use|add|run|load|bring|try|have) (my own|another|other|different|more|a different|a second|a custom) (model|models|weights|network)[ too| here]", "how (is|are) (a model|a new model|models|weights|new models) (added|installed|loaded|put in|set up|imported)", "(new|own|custom|more|other|additional) (model|models|weights)", "how do I make (a new|another) model available", "what (must|do) I do with (a downloaded model|my weights|the weights I downloaded|a .pth file|my checkpoint)", "(model|models|weights) (folder|directory|location|path)", "(model installation|model setup|installing models|custom weights|bring your own model|own weights)"])

fact("model_dir", [r"--model-dir"], [
    "Give another folder with --model-dir PATH; without it the host looks into models/.",
    "Start with --model-dir PATH and the host takes its models from that folder instead of models/."],
    do=["(use|set|choose|have|specify|give|take) (another|a different|some other|my own|an external) (model folder|models folder|folder for the models|directory for models|model directory|place for models|location for models)", "(keep|store|have|put|leave) (my |the |)(models|weights) (somewhere else|in another folder|in another place|on another disk|on an external drive|outside the project|in a different folder|on a different drive|elsewhere)", "(change|move|set|override|configure) (the model folder|the models folder|the model directory|where models are looked for|the models directory|where the host looks for models|the models path|the model path)", "(load|read|take) models from (another|a different) (folder|directory|disk|drive|place)"],
    what=["--model-dir", "(the model-dir flag|the flag for the model folder|model-dir)"],
    ask=["my (models|weights) (are|lie|live) (somewhere else|in another folder|on another disk|on a different drive|elsewhere|on an external disk)", "(must|do) (the |my |)(models|weights) (have to |)be in models", "can (the models|my models|the weights|models) (be|lie|stay|live) (somewhere else|in another folder|on another disk|outside the project|elsewhere)", "(which|what) flag (changes|sets) the (model folder|models folder|model directory)"])

fact("choose_model", [r"--model NAME"], [
    "Start the host with --model NAME, where NAME is the file or folder in models/. If there is only one model, it is loaded by itself.",
    "The flag --model NAME chooses the model at the start; NAME is its path below models/. A single model is loaded without the flag."],
    do=["(choose|select|pick|specify|name|decide on|say|set|tell it) (the model|a model|which model|which model is loaded|which model to load|the model to load|which model it uses|which model runs|my model) (at the start|when I start|on the command line|at startup|at launch|with a flag|when launching|in the beginning|)", "(start|launch|run|boot) (the host |it |the server |ModelHost |)with (a certain|a particular|my|a specific|another|a given|one particular|some) model", "load (a certain|a particular|a specific|one particular) model (at the start|at startup|when it starts|at launch|)"],
    what=["--model", "(the model flag|the flag for the model|the --model flag|the --model option|the default model)"],
    ask=["(which|what) flag (chooses|selects|picks|sets|names|loads) the model", "(which|what) model (is loaded|does it load|starts|will be loaded|is used|gets loaded) (at the start|by default|if I say nothing|at startup|first|when it starts)", "how does (the host|it|ModelHost) know which model (to load|to use|I want)", "what happens if there is (only |just |)one model", "is (a single|the only) model loaded (automatically|by itself)"])

fact("model_menu", [r"--model-menu"], [
    "Start with --model-menu: the host shows a numbered list in the terminal and asks which model to load.",
    "The flag --model-menu prints the models with numbers at the start and lets you choose one."],
    do=["(get|see|have|show|use) (a menu|a list|a numbered list|a menu of models|a selection) (at the start|when it starts|of models at the start|to choose the model|at startup)", "choose the model from a (menu|numbered list|list) (at the start|in the terminal|)"],
    what=["--model-menu", "(the model menu|the menu flag|model-menu)"],
    ask=["is there a (menu|numbered menu|menu of models) (for the models|at the start|to choose a model|in the terminal|)", "can (it|the host) ask (me |)which model to load"])

fact("list_models", [r"modelhost models"], [
    "Run modelhost models: it lists every model found, with its loader, its size, and the reason if it cannot be loaded.",
    "modelhost models prints what lies in the model folder. Over HTTP, GET /v1/models gives the same names."],
    do=["{see} (the |all |my |all the |all my |the available |the installed |)models", "{see} (which|what) models (there are|are there|I have|are installed|are available|are found|can be loaded|it found|it has)", "{see} (a list of|the list of) (models|all models|my models|available models)", "(check|see|verify|find out) (whether|if) (my|the|a) model (was found|is found|is there|can be loaded|is recognised|works|is seen)"],
    what=["(modelhost models|the models command|the list of models|the command that lists models|the available models)"],
    ask=["(which|what) models (are there|do I have|are available|are installed|can I use|does it find|do you have|did it find|are in the folder|can I load|exist)", "(which|what) command (lists|shows|prints) (the |all |my |)models", "why (is|isn't|is not|does) my model not (listed|found|shown|show up|appear|there)", "(my model is not|the host does not find my model|my model isn't|it does not see my model)( found| listed| shown|)", "(list|show) (of |)(all |available |)models", "model list"])

fact("switch_model", [r"model field", r"/v1/internal/model/load"], [
    "While the host runs, name another model in the model field of a request, choose it in the picker of the page, or POST its name to /v1/internal/model/load.",
    "Pick another model on the page, or send its name in the model field of a request or to /v1/internal/model/load. Running streams are finished first; no restart is needed."],
    do=["(switch|change|swap|replace|exchange|alternate|toggle) (models|model|the model|my model|to another model|between models|to a different model|between two models|the current model|the loaded model|the active model|the network|which model is used|over to another model|the running model)", "(switch|change|swap|replace) (models|the model|to another model|to a different model|between models) (at run time|at runtime|while it runs|while the host is running|without a restart|without restarting|on the fly|during a chat|later|over HTTP|over the API|live|on the page|quickly|in the middle)", "(go|move|jump|turn|flip|change over) (to|over to) (another|a different|the other|a second|some other) model", "(use|load|run|activate|take|select|pick|try) (another|a different|the other|a second) model (while it runs|without a restart|without restarting|now|instead|at run time|on the fly|while the host is running|after the start|once it is running)", "load a model (over HTTP|over the API|at run time|through the API|while the host runs|with a request)", "(make|have) (the host|it) (use|load|change to|switch to) another model (while running|without restarting|now|)"],
    what=["(switching models|model switching|the model field|the model picker|/v1/internal/model/load|the load route|swapping models|changing models)"],
    ask=["can I (switch|change|swap|exchange) (models|the model|to another model) (without a restart|while it runs|at run time|on the fly|without stopping the host|without restarting it|while the server is running|)", "do I (have to|need to) restart (the host |the server |it |)(to switch|to change the model|to use another model|for another model|when I change the model|for a new model)", "how (is|does) (the model|a model) (switched|changed|swapped|get changed) (at run time|while it runs|)", "(model switch|switch|other model|change model|swap model|another model please)", "what happens when I switch (models|the model)", "is (a restart|restarting) (needed|necessary|required) (to change the model|to switch models|for another model)", "where (do I|can I) (change|switch|pick|select) the model (on the page|while it runs|)", "I am tired of this model, how do I get another", "is it possible to have (another|a different) model answer"])

fact("unload_model", [r"/v1/internal/model/unload"], [
    "POST to /v1/internal/model/unload, or press Unload on the page; the memory is then given back.",
    "The route /v1/internal/model/unload takes the model out of memory."],
    do=["(unload|remove|free|release|drop|take out|eject|throw out) (the model|a model|a model from memory|the current model|the loaded model)", "(free|get back|release|clear|reclaim) (the memory|memory|the RAM|RAM|the memory of a model)"],
    what=["(unloading|unloading a model|the unload route|/v1/internal/model/unload)"],
    ask=["how (is|does) (a model|the model) (unloaded|get out of memory|leave memory)", "can I (unload|remove) (a model|the model)( without stopping the host| from memory|)"])

fact("many_models", [r"max_loaded_models"], [
    "Yes. The setting max_loaded_models says how many stay in memory; when it is full, the one used least recently goes first.",
    "Several models can be loaded at once, as many as max_loaded_models allows; then the least recently used one is dropped."],
    do=["(keep|hold|have|load|run|use|serve) (several|two|many|multiple|more than one|a few|three|both) models (at once|in memory|at the same time|loaded|together|in parallel|)"],
    what=["max_loaded_models", "(the limit of loaded models|the number of loaded models)"],
    ask=["can (it|the host|ModelHost|I|the server) (load|hold|run|keep|serve|have|use) (several|two|many|multiple|more than one|three) models( at once| at the same time| in memory| together|)", "how many models (can be loaded|fit|can it hold|can I load|are kept in memory|stay loaded|may be loaded at once|can run at once)", "(which|what) model (is dropped|goes first|is unloaded first|leaves memory)", "(multiple models|several models at once|two models)"])

fact("unknown_model", [r"--strict-model", r"404"], [
    "Then the model that is loaded answers, and the reply carries its true name. With --strict-model the host answers 404 instead.",
    "An unknown model name is served by the current model; if you prefer an error, start with --strict-model and it answers 404."],
    what=["--strict-model", "(the strict model flag|strict-model)"],
    ask=["what (happens|if|does it do|will happen) (if|when) (I name|I ask for|a request names|the request has|a client asks for|I send|I use) (an unknown model|a wrong model name|a model that does not exist|a model that is not there|gpt-4|a wrong name|a model name it does not know|an invalid model)", "what about (unknown|wrong) model names", "my client (sends|asks for) (gpt-3.5-turbo|gpt-4|a wrong model name|another model name)", "does the model name (have to be right|matter|need to match)", "(unknown model|wrong model name|nonexistent model)"])

fact("formats", [r"\.pth", r"safetensors"], [
    "The host reads .pth files as PyTorch writes them, safetensors, and pytorch_model.bin, also split into several files with an index.",
    "It reads .pth, safetensors and pytorch_model.bin files, in one piece or sharded."],
    what=["(the supported formats|the file formats|the formats it reads|the model formats|a supported file format)"],
    ask=["(which|what) (formats|file formats|file types|files|model formats|kinds of files|types of files|checkpoint formats|weight formats|kind of files) (does it read|does the host read|are supported|can it read|does it support|can I use|does ModelHost understand|work|can it open|can be loaded|are accepted|does the host know|can the host load)", "(does it|can it|can the host|does the host|does ModelHost) (read|support|load|open|understand|take|accept) (safetensors|pth files|.pth files|pytorch_model.bin|PyTorch files|sharded checkpoints|safetensors files|bin files|pt files)", "what (is|does) a .pth file", "what are safetensors", "(formats|file formats|supported formats|safetensors|pth)", "in (which|what) format (must|should|do) (the |my |)(weights|model|models) be"])

fact("gguf", [r"GGUF", r"extension"], [
    "The built-in loaders do not read GGUF files; a loader in an extension can add that format.",
    "GGUF is not among the built-in formats. Such a format comes with an extension that brings its own loader."],
    do=["(use|load|run|open|add|read|import) (a GGUF file|GGUF files|GGUF|a gguf|ggml files|a llama.cpp file|a llama.cpp model|gguf models)"],
    what=["GGUF"],
    ask=["(does it|can it|can the host|does ModelHost|does the host) (read|support|load|open|understand|run) (GGUF|gguf files|ggml|GGML files|llama.cpp files|llama.cpp models|gguf)", "(gguf|ggml)", "what about (gguf|ggml|llama.cpp files)", "is (GGUF|ggml) supported"])

fact("other_families", [r"RWKV", r"loader of its own"], [
    "The built-in loaders read RWKV models. Another family, such as Llama, needs a loader of its own, which an extension can bring.",
    "Out of the box the host reads only RWKV; every other family needs a loader of its own, written as an extension."],
    do=["(use|run|load|add|host|serve|try) (Llama|a Llama model|GPT-2|Mistral|a Mistral model|Gemma|Qwen|a transformer|GPT-J|a transformer model|Phi|Falcon|BERT|DeepSeek|llama 3|a non-RWKV model|a model that is not RWKV)"],
    ask=["(can it|does it|can the host|does the host|can ModelHost|does ModelHost|can I) (run|load|support|use|read|serve|host) (Llama|Llama models|GPT-2|GPT|Mistral|Gemma|Qwen|transformers models|transformer models|GPT-4|Phi|Falcon|other models than RWKV|non-RWKV models|other architectures|DeepSeek|Mamba|stable diffusion)", "(which|what) (model families|families|architectures|kinds of models|types of models|models) (are supported|does it support|can it run|does the host know|work|does ModelHost support)", "(is|are) (Llama|Mistral|transformers|GPT-2|Gemma|other architectures) supported", "only RWKV", "(llama|mistral|qwen|gpt-2|gemma)", "does it only (run|support|do) RWKV"])

fact("rwkv_versions", [r"RWKV-4", r"modelhost models"], [
    "RWKV-4 is what the host began with. Run modelhost models: it says for each file in your folder whether this build can load it, and why not.",
    "RWKV-4 for sure. For other generations put the file into models/ and run modelhost models: it tells whether this build loads it."],
    ask=["(which|what) (RWKV versions|versions of RWKV|generations of RWKV|RWKV generations|RWKV models|version of RWKV) (are supported|does it support|can it run|does it read|work|can I use|does the host know)", "(does it|can it|can the host|does the host) (run|support|load|read|do) (RWKV-5|RWKV-6|RWKV-7|RWKV 7|Eagle|Finch|Goose|RWKV-4|World models|Raven|Raven models|rwkv6|rwkv 5)", "(is|are) (RWKV-5|RWKV-6|RWKV-7|RWKV 6|Goose|Finch|World models) supported", "(RWKV-7|rwkv 6|rwkv5|Goose|Eagle|Finch)", "what about (RWKV-7|RWKV-6|newer versions of RWKV)"])

fact("hf_folder", [r"config\.json", r"tokenizer\.json"], [
    "A Hugging Face folder needs config.json, the weights (model.safetensors or pytorch_model.bin) and tokenizer.json; put the whole folder into models/.",
    "Put the folder into models/ with three things inside: config.json, tokenizer.json, and the weights as model.safetensors or pytorch_model.bin."],
    do=["(add|use|load|install|put in|run) (a Hugging Face folder|a Hugging Face model|a model in Hugging Face format|a HF model|an HF folder|a transformers folder|a folder from Hugging Face)"],
    what=["(a Hugging Face folder|the Hugging Face format|an HF folder|the content of a model folder)"],
    ask=["(which|what) files (does|must|should) (a Hugging Face folder|a HF folder|a model folder|the folder of a model|an HF model) (need|have|contain|hold)", "what (belongs|must be|has to be|should be|goes) (in|into|inside) (a Hugging Face folder|a model folder|the folder of a model|an HF folder)", "(which|what) files (are needed|do I need|are required|must be there) (for a Hugging Face model|from Hugging Face|for an HF model)", "(hugging face|huggingface format|hf folder)", "does it (read|support|load) Hugging Face (models|folders|format)"])

fact("pth_tokenizer", [r"20B_tokenizer\.json", r"rwkv_vocab_v20230424\.txt"], [
    "A .pth file holds no tokenizer. Put 20B_tokenizer.json (for 50277 tokens) or rwkv_vocab_v20230424.txt (for 65536 tokens) beside it in models/; the error names every path that was tried.",
    "Put the right vocabulary beside the .pth file: 20B_tokenizer.json for Pile and Raven models, rwkv_vocab_v20230424.txt for World models. The host chooses by the size of the vocabulary."],
    do=["(fix|solve|repair|handle|get rid of) (a missing tokenizer|the missing tokenizer|the tokenizer error|the error about the tokenizer|the missing tokenizer file)", "(give|add) (a .pth file|a pth model|my pth) (its|a|the right) tokenizer", "(get|find|use|add|install) (the tokenizer|the right tokenizer|a tokenizer|the vocabulary|20B_tokenizer.json|the World vocabulary)( for a .pth file| for my model|)"],
    what=["20B_tokenizer.json", "(rwkv_vocab_v20230424.txt|the World vocabulary|the tokenizer file|the 20B tokenizer)"],
    ask=["(the tokenizer|my tokenizer|the tokenizer file|20B_tokenizer.json|the vocabulary) (is missing|is not found|was not found|could not be found|cannot be found|is gone)", "(it says|I get an error|the error says|the host says|it complains) (that |)(the tokenizer is missing|no tokenizer was found|it finds no tokenizer|there is no tokenizer|tokenizer not found)", "(which|what) tokenizer (does a .pth file need|do I need|does my model need|do I need for a .pth|does a World model need|is needed for a pth|goes with a pth file)", "where (do I put|does|must|should) (the tokenizer|20B_tokenizer.json|the tokenizer file|the vocabulary)( go| be| belong| lie|)", "(no tokenizer|tokenizer missing|missing tokenizer|tokenizer not found|tokenizer file)", "why (does|can) (my|a) .pth (file |model |)not (load|be loaded)", "does a .pth file (contain|have|include|need) a tokenizer"])

fact("get_weights", [r"BlinkDL"], [
    "BlinkDL publishes RWKV weights on Hugging Face. Download a .pth file there and put it into models/ with its tokenizer beside it.",
    "Look for the RWKV models of BlinkDL on Hugging Face; put what you download into the folder models/."],
    do=["(get|find|download|fetch|obtain|buy) (a real model|real weights|good weights|a better model|a bigger model|RWKV weights|weights|an RWKV model|good models|some weights|a good model|more models|models|pretrained weights)"],
    ask=["where (do I|can I|could I|to) (get|find|download|fetch|obtain) (a real model|real weights|good weights|a better model|a bigger model|RWKV weights|weights|an RWKV model|models|RWKV models|more models|good models|other models|pretrained models)", "(which|what) (real |good |better |bigger |)model (should|can|could) I (use|download|try|take|get)( instead| for real work|)", "(can you|do you) recommend (a model|me a model|a better model|weights)", "who (publishes|offers|has|provides) (RWKV weights|the weights|RWKV models|weights)", "where are (the weights|RWKV models|the models) (published|from|available for download)"])

# Strategy and devices

fact("strategy", [r"where each layer", r"number format"], [
    "A strategy says where each layer of the model runs and in which number format, for example cpu fp32, cpu bf16 or cuda fp16. You give it with --rwkv-strategy.",
    "It is a short text that says where each layer runs and in which number format: cpu fp32 for example, or cuda fp16 *10 -> cpu fp32."],
    what=["(a strategy|a strategy|the strategy|an RWKV strategy|the strategy string|a strategy text|strategies|this strategy thing|the word strategy|strategy)", "(the meaning of strategy|the purpose of a strategy|the idea of a strategy|the concept of a strategy)"],
    ask=["what (does|do) (a strategy|the strategy|strategies) (do|mean|say|describe|tell the host|control|decide)", "why (do I need|is there|would I use|should I set) a strategy", "what do you mean (by|with) (a |)strategy", "what (kind of thing|on earth|exactly) is a strategy", "how (does|do) (a strategy|the strategy|strategies) (work|look|look like|function)", "I do not (understand|get) (the strategy|strategies|what a strategy is)", "how is a strategy (written|built|made)"])

fact("set_strategy", [r"--rwkv-strategy"], [
    "Give it at the start, for example --rwkv-strategy \"cpu bf16\". The plan for every layer is printed when the model loads.",
    "Use the flag --rwkv-strategy, as in --rwkv-strategy \"cpu fp32\"; the host prints the plan of the layers at load."],
    do=["{change} (the strategy|a strategy|my strategy|another strategy|the RWKV strategy)", "(give|pass|tell|hand) (the host |it |)(a strategy|the strategy|my strategy)", "(use|run with|load a model with|try) (another|a different|a certain|my own) strategy", "(enter|type|write|put in) (a|the) strategy"],
    what=["--rwkv-strategy", "(the strategy flag|the flag for the strategy|rwkv-strategy)"],
    ask=["(which|what) (flag|option|argument|parameter) (sets|is for|takes|gives|changes|controls) the strategy", "where (do I|can I) (set|give|write|put|enter|specify|type) (the|a) strategy"])

fact("strategy_examples", [r"cpu fp32", r"cpu bf16", r"cuda fp16"], [
    "Some examples: cpu fp32 is exact, cpu bf16 needs half the memory, cuda fp16 uses the GPU, and cuda fp16 *10 -> cpu fp32 puts ten layers on the GPU.",
    "For instance cpu fp32, cpu bf16, cuda fp16, or mixed: cuda fp16 *10 -> cpu fp32."],
    what=["(an example of a strategy|examples of strategies|some strategies|the possible strategies|the available strategies)"],
    ask=["(which|what) strategies (are there|exist|can I use|are possible|do you know|are available|does it have|are allowed|are supported)", "(give|show|tell) me (an example of a strategy|examples of strategies|some strategies|a few strategies|a sample strategy|strategy examples)", "(which|what) strategy (should I|do I|is best to|can I) (use|take|choose|pick)", "(which|what) strategy is (the best|best|right|fastest|good for me|recommended)", "(strategy examples|example strategies|list of strategies|best strategy)", "what does (cpu bf16|cpu fp32|cuda fp16) mean"])

fact("split_layers", [r"cuda fp16 \*10 -> cpu fp32"], [
    "Write both parts with an arrow: cuda fp16 *10 -> cpu fp32 runs ten layers on the GPU and the rest on the CPU.",
    "Use a mixed strategy such as cuda fp16 *10 -> cpu fp32: the first ten layers go to the GPU, the others to the CPU."],
    do=["(split|divide|share|distribute|spread|partition) (a model|the model|the layers|layers|my model|the work) (between|across|over|among) (GPU and CPU|the GPU and the CPU|CPU and GPU|graphics card and CPU|two devices|devices)", "(put|run|place|load|offload|move) (some|a few|ten|only some|part of the|half of the|several|the first) layers (on|to|onto) the (GPU|graphics card)", "(run|use|load) a model (that is too big|which is too large|larger than|that does not fit) (for my GPU|for the GPU memory|my GPU|in GPU memory|into my GPU|into the memory of the graphics card)", "mix (GPU and CPU|CPU and GPU|devices|two devices|strategies)", "use (both|GPU and CPU|the GPU and the CPU) (together|at once|at the same time|)"],
    what=["(a mixed strategy|the arrow in a strategy|the star in a strategy|offloading|a split strategy)"],
    ask=["my (GPU|graphics card) (is too small|has too little memory|has not enough memory|runs out of memory|is full)", "what does (the arrow|the star|-> |*10|the number after the star) mean( in a strategy|)", "the model does not fit (on|into|in) (my|the) (GPU|graphics card)", "can (half|part|some) of (the|a) model (be|run) on the (CPU|GPU)", "(can I|is it possible to) (use|combine) (CPU and GPU|GPU and CPU) (together|for one model|at once|)"])

fact("gpu", [r"cuda fp16", r"NVIDIA"], [
    "Ask for it with a strategy: --rwkv-strategy \"cuda fp16\" wants an NVIDIA GPU. If none is found, the error says what was looked for.",
    "Start with --rwkv-strategy \"cuda fp16\" for an NVIDIA GPU; when the host cannot use one, it says so and tells what it looked for."],
    do=["(use|enable|turn on|activate|get|exploit|make use of) (the|my|a) {gpu}", "(run|load|put) (it|the model|a model|the host|everything|my model|inference) on (the|my|a) {gpu}", "make (it|the host|ModelHost|the model) (use|run on) (the|my) {gpu}", "(use|enable|turn on) (cuda|CUDA|GPU support|GPU acceleration|acceleration)"],
    what=["(CUDA support|GPU support|GPU acceleration|the GPU support)", "cuda fp16"],
    ask=["(does it|can it|does the host|can the host|will it|does ModelHost) (use|support|run on|work with|have|take) (my |the |a |)({gpu}|GPUs|AMD GPU|several GPUs)", "is (my|the|a) {gpu} (used|supported)", "why (is|isn't) (my|the) {gpu} (not used|used|not found)", "(gpu|cuda|GPU support|nvidia|graphics card)", "is there (GPU support|support for GPUs|CUDA support|a CUDA backend)", "(which|what) (GPU|GPUs|graphics card|graphics cards|card) (does it support|are supported|can I use|is needed|do I need)"])

fact("no_gpu", [r"runs on the CPU"], [
    "No GPU is needed: the host runs on the CPU, and all cores are used.",
    "No. Without a GPU the host simply runs on the CPU, with cpu fp32 or cpu bf16."],
    do=["(run|use) (it|the host|ModelHost|a model|everything) (without a GPU|on the CPU|with only a CPU|on CPU only|without a graphics card|without CUDA)", "(force|use|enable) (the CPU|CPU mode|cpu only|only the CPU)"],
    what=["--cpu", "(CPU mode|the CPU mode|the cpu flag)"],
    ask=["(do I|does it|does the host|does ModelHost|will I) (need|require|have to have|want) a (GPU|graphics card|NVIDIA card|strong GPU|big GPU|CUDA card)", "(must|should) I (have|own|buy) a (GPU|graphics card)", "I have no (GPU|graphics card|NVIDIA card)", "is a (GPU|graphics card) (needed|required|necessary|a must)", "(does it|can it|will it) (run|work) (without a GPU|on a CPU|on the CPU|without a graphics card|on a laptop without a GPU|with just a CPU|CPU only)", "(cpu only|no gpu|without gpu|cpu)"])

fact("number_formats", [r"fp32", r"bf16", r"half the memory"], [
    "fp32 is the most exact and takes four bytes a number; bf16 and fp16 take two, so half the memory. On a CPU choose fp32 or bf16, on a GPU fp16.",
    "With fp32 every number has 32 bits; bf16 and fp16 have 16, which needs half the memory. bf16 has the range of fp32, fp16 is a little finer."],
    what=["(bf16|fp16|fp32|the number formats|bfloat16|half precision|float16|float32|the precision|the dtype|a dtype|a number format)"],
    ask=["(which|what) (number formats|dtypes|precisions|data types|precision|number format|floating point formats) (are there|does it support|are supported|should I use|can I use|does the host know|does it use|do I choose|is best)", "what is the difference (between|of) (fp32 and bf16|bf16 and fp16|fp16 and fp32|fp16 and bf16|bf16 and fp32|the number formats)", "(fp32 or bf16|bf16 or fp16|fp16 or fp32|bf16 vs fp32|fp16 vs bf16)", "is (bf16|fp32|fp16) (better|faster|more exact|smaller|worse|good)( than (fp32|bf16|fp16)|)", "how (exact|precise|accurate) is (bf16|fp16|fp32)"])

fact("eight_bit", [r"i8", r"--load-in-8bit"], [
    "8-bit is asked for with i8 in the strategy, as in cpu fp32i8, or with --load-in-8bit. A build that does not have it says so with an error.",
    "Add i8 to the number format, for example cpu fp32i8, or use the flag --load-in-8bit; a build without 8-bit answers with a clear error."],
    do=["(load|run|use) (a model|the model|it|my model|weights) in (8 bit|8-bit|eight bit|int8|8bit|lower precision)", "(use|enable|turn on|get|try) (8-bit|8 bit|int8|eight bit|quantisation|quantization|8bit mode|8-bit mode|quantized weights|int 8)", "(quantise|quantize|compress|shrink|make smaller) (a model|the model|my model|the weights|weights)"],
    what=["--load-in-8bit", "(8-bit|int8|quantisation|quantization|8 bit mode|the i8 suffix|8bit|load-in-8bit|eight bit|fp32i8|fp16i8)"],
    ask=["(does it|can it|does the host|does ModelHost) (support|have|do|know|offer) (8-bit|8 bit|int8|quantisation|quantization|eight bit|4-bit|quantized models|8bit)", "is (8-bit|8 bit|int8|quantisation|quantization|4-bit) (supported|possible|available|there)", "(quantization|int8|8bit|8-bit|8 bit)", "how do I (need|use) less memory for the weights"])

fact("threads", [r"--threads"], [
    "Use --threads N to set how many threads compute; by default all cores work.",
    "The number of threads is set with --threads N. Without the flag the host uses all cores."],
    do=["{change} (the number of threads|how many threads are used|the threads|the thread count|the number of cores|how many cores it uses|the number of CPU threads|the thread number)", "(limit|restrict|reduce|raise|increase|lower) (the number of threads|the threads|the cores|CPU use|the CPU usage|the thread count|the number of cores)", "(use|give it|run with|run it on) (only |just |)(two|four|fewer|more|all|one|2|4|8) (threads|cores|CPU cores|thread)"],
    what=["--threads", "(the threads flag|the thread flag|the number of threads)"],
    ask=["how many (threads|cores|CPUs|processors) (does it|does the host|will it|can it|does ModelHost) (use|take|need|run on)", "(does it|can it) use (all|several|many|multiple|more than one) (cores|threads|CPU cores|processors)", "(which|what) flag (sets|limits|changes) the (threads|number of threads|cores|thread count)", "it uses (all my cores|too many threads|all of my CPU|too much CPU)", "(threads|cores|thread count|number of threads|cpu cores)", "is (it|the host) multithreaded"])

fact("memory", [r"mapped", r"half"], [
    "The weights are mapped from the file and stay in the file's own number format, so a model needs about the size of its file; bf16 takes half of fp32.",
    "About as much as the weight file is large: the file is mapped, not copied. With bf16 a model needs half of what fp32 needs."],
    do=["(save|need less|use less|reduce the|lower the|cut the) (memory|RAM|memory use|memory usage)", "(run|load) a (big|large|huge) model (with little memory|with little RAM|on a small machine)"],
    what=["(the memory use|the memory usage|the RAM usage|memory mapping)"],
    ask=["how much (memory|RAM|main memory) (does it|does a model|do I|does the host|will it|does ModelHost|does my model) (need|take|use|require|want|eat)", "(do I|will I) have enough (memory|RAM)", "how (big|large) (can|may) a model be", "(out of memory|memory|RAM|memory usage|not enough memory)", "it (runs out of memory|needs too much memory|uses too much RAM)", "(is|how is) memory (used|saved)"])

fact("speed", [r"-c release", r"tokens per second"], [
    "Build with -c release, use cpu bf16 or a GPU, and take a smaller model. modelhost generate prints the tokens per second.",
    "Speed depends on the size of the model and on memory. Use -c release, never a debug build, and try cpu bf16; modelhost generate shows tokens per second."],
    do=["(make it|get it|make the host|make the model) (faster|quicker|quick|run faster|answer faster)", "(speed up|accelerate|improve the speed of|boost) (the host|generation|it|the model|my model|the answers|inference|everything)", "(measure|see|test|check) (the speed|how fast it is|tokens per second|the performance|performance)", "(improve|optimise|optimize|tune) (performance|the performance|the speed|speed)"],
    what=["(the speed|the performance|the generation speed)"],
    ask=["how (fast|quick|slow) is (it|the host|ModelHost|a model|generation|the server)", "why is (it|the host|everything|generation|the answer|my model|the model|ModelHost) (so |this |too |very |)slow", "it is (too|very|so) slow", "how many tokens per second (does it make|do I get|can it do|is it|does it reach)", "(performance|speed|tokens per second|faster|too slow|slow)", "can it (be|go|run) faster", "(why|what does) -c release( for| mean| do|)"])

# Network and API

fact("listen", [r"--listen\b", r"0\.0\.0\.0"], [
    "Start it with --listen: then it listens on 0.0.0.0 and other machines can reach it. Do that only in a network you trust.",
    "The flag --listen opens the host to the network (0.0.0.0); without it only this machine can connect."],
    do=["(open|expose|show|publish|offer|make available|share|serve) (it|the host|ModelHost|the server|the page|my model|the API) (to|on|in|over|across) (the network|my network|the LAN|other computers|other machines|everyone|the local network|my home network|the internet|others|friends|my phone|other people|all interfaces)", "(reach|use|open|access|connect to|visit|see|talk to) (the host|it|ModelHost|the page|the server|the API) from (another computer|my phone|another machine|other machines|outside|a different machine|another device|elsewhere|other computers|my tablet|the network|a remote machine|the couch|another room)", "listen on (the network|all interfaces|0.0.0.0|another address|all addresses|every interface)", "let (others|other people|my friends|other computers|my phone|my colleagues|another computer|my family) (use|reach|connect to|access|see) (it|the host|the page|the server|my host)", "(make|get) (it|the host|the page|the server) (reachable|visible|accessible|available) (from other machines|from outside|in the network|on the network|to other computers|for others|on my LAN|remotely)"],
    what=["--listen", "(the listen flag|0.0.0.0|the flag for the network|network access|remote access|listening on the network)"],
    ask=["can (others|other people|other computers|my phone|another machine|my friends|several computers|someone else|other devices) (use|reach|connect to|access|see|open) (it|the host|the page|the server|my host|ModelHost)", "(which|what) flag (opens it to|is for|makes it listen on|exposes it to|allows) (the network|other machines|other computers|network access|all interfaces)", "why can (I|others|nobody|my phone|other machines) not (connect|reach it|open the page|connect from another machine) (from another computer|from my phone|from outside|)", "is (it|the host|the server) (reachable|visible|open) (from outside|in the network|from other machines|to the network|to everybody)", "is it (safe|dangerous) to (open it to the network|use --listen|listen on the network)", "(network|lan|network access|remote access|listen|local network)", "I cannot (reach|open) (it|the page) from (another computer|my phone|another machine)"])

fact("port", [r"--listen-port"], [
    "The port is 7860. Another one is chosen with --listen-port N.",
    "Use --listen-port N to change the port; without it the host listens on 7860."],
    do=["{change} (the port|another port|the port number|a different port|the listening port|its port|the TCP port|which port it uses|on which port it listens)", "(use|listen on|run it on|run on|serve on|start it on|move it to|put it on|take) (another port|a different port|port 8080|port 80|port 9000|some other port|port 8000|port 1234|a custom port)"],
    what=["--listen-port", "(the port|the port number|the default port|the port of the host|the port of the page|the listening port|listen-port)"],
    ask=["(which|what) port (does it use|does it listen on|is it on|is used|is it|is the page on|does the host use|does the server use|do I use|is the default|do I connect to|does ModelHost listen on|is open|runs it on)", "on (which|what) port (is it|does it run|does it listen|is the page|is the host|does the server run|can I reach it)", "(which|what) flag (changes|sets) the port", "can (I|it) (use|change|have) another port", "(port|ports|port number|default port|other port)", "where do I (change|set) the port"])

fact("port_busy", [r"--listen-port", r"in use|busy"], [
    "If the port is busy, the host stops with an error that names it. End the other program or choose another port with --listen-port N.",
    "Then another program is in use of that port; the host exits and names it. Start with --listen-port N to take a different one."],
    do=["(fix|solve|handle|get around) (a busy port|address already in use|a port that is in use|a port conflict|the error about the port)"],
    what=["(a busy port|a port conflict|the address in use error)"],
    ask=["(the port|port 7860|my port|7860) is (busy|already in use|in use|taken|used by another program|occupied|already taken|not free|blocked)", "(it says|I get|the error is|the host says) (address already in use|port in use|that the port is taken|that the port is busy|port 7860 is in use)", "what (happens|if|does it do) (if|when) the port is (busy|taken|in use|used|occupied|not free)", "(port busy|port in use|address already in use|port taken|port conflict)", "another program uses (the port|port 7860|my port)"])

fact("api_flag", [r"--api\b", r"5000"], [
    "With --api the host also listens on port 5000, with the same routes as on 7860.",
    "The flag --api adds port 5000, where older clients look for the API; the routes are the same as on 7860."],
    do=["(turn on|enable|switch on|activate|open|start) (the API|the API port|port 5000|the API on port 5000|the api)"],
    what=["--api", "(the api flag|port 5000|the --api flag|the API port|the flag --api)"],
    ask=["(which|what) port (is|has|does) the API( use| on| listen on|)", "is the API (always on|on by default|already on|enabled|turned on)", "do I need --api", "(does it|can it) (use|listen on|open) port 5000", "what (does|is) (--api|the flag --api|port 5000) (do|for)"])

fact("routes", [r"/v1/completions", r"/v1/chat/completions", r"/v1/models"], [
    "The main routes are /v1/completions, /v1/chat/completions and /v1/models, as OpenAI has them; more lie under /v1/internal/ and /api/v1/.",
    "It answers the OpenAI routes /v1/completions, /v1/chat/completions and /v1/models, and its own routes under /v1/internal/."],
    do=["(use|call|reach|talk to|access|query|work with) (the API|the HTTP API|the REST API|its API|the web API|the api from a program|the host from a program|the host from my code|it from a script)", "(connect|use) (a program|my program|my app|my own code|a script) (to|with) (the host|it|ModelHost|the API)", "(write|build) (a client|a program that uses it|an app on top of it|an app for it)"],
    what=["(the API|the API routes|the routes|the HTTP routes|the endpoints|the HTTP API|the REST API|the API endpoints|an endpoint|the available routes|the urls of the API)"],
    ask=["(which|what) (routes|endpoints|API routes|HTTP routes|URLs|API endpoints|paths|API calls) (are there|does it have|can I call|does the host have|are available|exist|does it answer|does it offer|are supported|can I use|does the server offer)", "(is there|does it have|has it) (an API|a REST API|an HTTP API|a web API|an interface for programs)", "(list|show|name) (me |)(the routes|all routes|the endpoints|the API routes|all endpoints)", "(api|routes|endpoints|rest api|http api|api docs|api documentation)", "(which|what) API does (it|the host|ModelHost) (have|speak|offer|use|provide)", "how does the API work", "where is the API"])

fact("openai", [r"http://127\.0\.0\.1:7860/v1"], [
    "Set the base URL of your OpenAI client to http://127.0.0.1:7860/v1 and use any key.",
    "Yes: point the OpenAI client at http://127.0.0.1:7860/v1, with any text as the key."],
    do=["(use|connect|take|point|plug in|set up|configure) (the OpenAI client|the OpenAI library|an OpenAI client|the openai package|my OpenAI app|an OpenAI program|the OpenAI Python client|the OpenAI SDK|my OpenAI client|a ChatGPT client|langchain)( with it| with the host| to it| here|)", "(use it|use the host|use ModelHost) (as a replacement for|instead of|in place of|like) (OpenAI|ChatGPT|the OpenAI API|GPT-4)"],
    what=["(the base URL|the base url for OpenAI clients|the OpenAI base URL|base_url|OpenAI compatibility|the OpenAI API|the API key)"],
    ask=["(is it|is the host|is the API|is ModelHost) (compatible with|like|the same as) (OpenAI|the OpenAI API|OpenAI clients|ChatGPT clients)", "(is it|is the API|is the host) OpenAI( |-)compatible", "(does it|can it|does the host) (work with|support|speak|understand) (OpenAI clients|the OpenAI client|the OpenAI API|the openai package|OpenAI|langchain|OpenAI requests|the openai library)", "(which|what) (base URL|API key|key|base url) (do I use|do I need|must I set|do I set|should I use|do I give)", "(can I|may I) use (the OpenAI client|OpenAI's library|my OpenAI code|the OpenAI Python package|OpenAI clients)", "(openai|openai client|openai api|base url|api key|OpenAI compatible)", "do I need (an API key|a key|an OpenAI key|a token)"])

fact("curl", [r"curl http://127\.0\.0\.1:7860/v1/completions"], [
    "Try curl http://127.0.0.1:7860/v1/completions -H 'Content-Type: application/json' -d '{\"prompt\": \"Once upon a time\", \"max_tokens\": 100}'.",
    "For example: curl http://127.0.0.1:7860/v1/completions -H 'Content-Type: application/json' -d '{\"prompt\": \"Once upon a time\", \"max_tokens\": 100}'"],
    do=["(use|call|try|test|reach) (it|the host|the API|the server|ModelHost) (with curl|from curl|using curl|by curl)", "(send|make|write|do) (a request|a test request|a first request|an HTTP request|a call) (with curl|by hand|from the shell|to the host|to the API|to the server|)"],
    what=["(a curl example|a curl command|an example request|a sample request|a curl line)"],
    ask=["(give|show|write|tell) me (a curl example|a curl command|a curl line|an example request|a sample request|an example call|an example of a request)", "(what|how) does a request look( like|)", "(curl|curl example|example request|curl command|sample request)", "(is there|do you have|have you got) (a curl example|a curl command|an example request|an example for curl)"])

fact("completions", [r"/v1/completions", r"prompt"], [
    "POST a JSON object with prompt and max_tokens to /v1/completions; the model continues the text.",
    "/v1/completions continues a text: send prompt, max_tokens and, if you like, temperature."],
    do=["(continue|complete|extend|go on with|finish) (a text|text|my text|a prompt|a story) (over HTTP|with the API|over the API|through the API|with a request)", "(get|request|ask for) (a completion|completions|a text completion|plain completions)( over HTTP| from the API|)", "send a prompt (to the API|over HTTP|to the host|to the server|)"],
    what=["(/v1/completions|a completion|the completions route|the completion endpoint|text completion|the completions endpoint|v1/completions)"],
    ask=["(which|what) route (continues|completes) (a text|text|a prompt|my text)", "how does /v1/completions work", "what do I send to /v1/completions", "(completion|completions|text completion)"])

fact("chat_route", [r"/v1/chat/completions", r"messages"], [
    "POST a JSON object with messages to /v1/chat/completions; each message has a role (system, user or assistant) and a content.",
    "Use /v1/chat/completions with a list of messages, each with role and content; the answer comes back as the next message."],
    do=["(chat|talk|have a conversation|hold a chat) (over HTTP|with the API|over the API|through the API|from a program|from my program)", "send (chat messages|messages|a chat|a conversation|a chat request|a message)( to the API| over HTTP| to the host|)"],
    what=["(/v1/chat/completions|the chat route|the chat endpoint|chat completions|a chat completion|the chat API|v1/chat/completions|the messages format)"],
    ask=["(which|what) route is for (chat|chats|chatting|conversations|messages)", "how does /v1/chat/completions work", "what do I send to /v1/chat/completions", "(which|what) roles (are there|does a message have|can I use)", "(chat completions|chat api|chat endpoint|messages|roles)"])

fact("streaming", [r"\"stream\": true", r"events"], [
    "Add \"stream\": true to the request; the tokens then arrive one by one as server-sent events.",
    "Send \"stream\": true, and the answer comes as server-sent events, a piece per token, the same for completions and chat."],
    do=["(stream|get a stream of|receive a stream of) (the answer|answers|tokens|text|output|the reply|the tokens|replies|the response|responses|results)", "(turn on|enable|switch on|use|get|activate|request|have|set up) (streaming|streamed answers|a stream|streamed output|token streaming|server-sent events|SSE)", "(get|see|receive|read|have) (the tokens|the words|the text|the answer|the output|each token|every token) (one by one|as they come|word by word|while it is written|at once|piece by piece|as it is generated|live|token by token|immediately|in real time)"],
    what=["(streaming|a stream|streamed output|server-sent events|SSE|token streaming|the stream field)"],
    ask=["(does it|can it|does the host|can the host|does the API|does ModelHost) (stream|support streaming|do streaming|have streaming|stream answers|stream tokens|support SSE|stream the answer)", "is (streaming|SSE) (supported|possible|available|there)", "how does streaming work", "(streaming|stream|sse|streamed)", "(which|what) (field|parameter|flag|option) (turns on|enables|is for) streaming"])

fact("no_stream", [r"--no-stream"], [
    "Leave out \"stream\": true and the answer comes in one piece; --no-stream makes that the default of the page.",
    "Without \"stream\": true a request is answered in one piece. The flag --no-stream turns streaming off on the page."],
    do=["(turn off|disable|switch off|stop|avoid|deactivate) (streaming|the streaming|the stream mode)", "get the (answer|whole answer|reply|text|response) (in one piece|at once|all at once|as a whole|only at the end)", "not stream"],
    what=["--no-stream", "(the no-stream flag|no-stream)"],
    ask=["can I (turn streaming off|disable streaming|get the answer in one piece)", "I do not want (streaming|a stream)"])

fact("stop_generation", [r"/v1/internal/stop-generation"], [
    "Press Stop on the page, close the connection, or POST to /v1/internal/stop-generation.",
    "Close the connection and the host stops at once; there is also the Stop button and the route /v1/internal/stop-generation."],
    do=["(stop|interrupt|cancel|abort|break off|end|halt|cut) (a running answer|an answer|a generation|the generation|the answer|a request|a long answer|generating|a reply|the output|a stream|text generation|the model while it writes)", "(make|get) (it|the model) (stop|stop writing|be quiet|stop talking|stop generating)"],
    what=["(the stop button|the stop route|/v1/internal/stop-generation|stop-generation)"],
    ask=["it (does not stop|writes on and on|never stops|keeps writing|will not stop|goes on for ever)", "what happens (if|when) (I close the connection|the client hangs up|I close the page|I leave|the client goes away|I disconnect)", "can I (stop|cancel|interrupt) (it|an answer|a generation|the model|a request)( while it writes| in the middle| half way|)", "how (is|does) a generation (stopped|cancelled|end)"])

fact("token_count", [r"/v1/internal/token-count"], [
    "POST the text to /v1/internal/token-count. /v1/internal/encode gives the tokens themselves, /v1/internal/decode turns them back.",
    "/v1/internal/token-count counts the tokens of a text; encode and decode beside it translate between text and ids."],
    do=["(count|get the number of|find out the number of|calculate the number of) (tokens|the tokens|my tokens|the tokens of a text|tokens in a text|tokens in my prompt)", "(turn|convert|translate|encode) (text|a text|my text|words) (into|to) (tokens|token ids|ids|numbers)", "(turn|convert|translate|decode) (tokens|token ids|ids) (into|to|back to|back into) text", "(tokenize|tokenise|encode|detokenize) (text|a text|a prompt|my prompt|something)"],
    what=["(token-count|the token-count route|/v1/internal/encode|/v1/internal/decode|the encode route|/v1/internal/token-count)"],
    ask=["how many tokens (has|does|are in|is) (my text|a text|my prompt|the prompt|this sentence)( have|)", "(which|what) route counts tokens", "(token count|count tokens|encode|decode|tokenize)"])

fact("health", [r"/v1/internal/health"], [
    "GET /v1/internal/health answers when the host is up.",
    "Ask the route /v1/internal/health: it answers as long as the host is alive."],
    do=["(check|see|test|know|find out|tell) (whether|if) (the host|the server|it|ModelHost) (is up|is alive|runs|works|is running|is healthy|is ready|still runs|is working)", "(monitor|ping|health check) (the host|the server|it)"],
    what=["(the health route|/v1/internal/health|the health check|the health endpoint)"],
    ask=["is there a (health check|health route|health endpoint|status route)", "(health|healthcheck|health check|ping)"])

fact("model_info", [r"/v1/internal/model/info"], [
    "GET /v1/internal/model/info shows the loaded model and, while one is being loaded, the progress.",
    "The route /v1/internal/model/info tells which model is loaded and how far a load has come; the log shows it, too."],
    do=["{see} (which model is loaded|the loaded model|what model is running|the current model|which model is active|which model answers|what is loaded|details of the loaded model|information about the model)", "(see|watch|follow|check|get) (the progress|the loading progress|how far loading is|the load progress|the progress of loading)"],
    what=["(the model info|/v1/internal/model/info|the info route|the model info route|the loading progress)"],
    ask=["(which|what) model (is loaded|is running|is active|is loaded now|is in use|is used now|answers me|am I using|is it using)( right now| at the moment| now|)", "how far (is|has) (the load|loading|the loading)( come|)", "(loaded model|current model|model info|load progress)", "how long does loading take"])

fact("legacy_api", [r"/api/v1/generate"], [
    "Of the 2023 API of the web UI it answers /api/v1/generate, /api/v1/model and /api/v1/token-count.",
    "Yes, the routes /api/v1/generate, /api/v1/model and /api/v1/token-count of the 2023 web UI are there."],
    do=["use (the old API|the 2023 API|an old client|a text-generation-webui client|my old script|old clients|the API of text-generation-webui|a SillyTavern client)"],
    what=["(the old API|the 2023 API|the legacy API|/api/v1/generate|the API of text-generation-webui|oobabooga)"],
    ask=["(does it|can it|does the host) (support|have|answer|understand) (the old API|the 2023 API|the legacy API|/api/v1/generate|clients of text-generation-webui|old clients|the text-generation-webui API)", "is it compatible with (text-generation-webui|oobabooga|the web UI|old clients|the old API|the webui)", "(text-generation-webui|oobabooga|old api|legacy api)", "is (it|this) like text-generation-webui"])

fact("errors", [r"error", r"message"], [
    "An error comes as JSON in the shape {\"error\": {\"message\", \"type\", \"param\", \"code\"}}; the message names what was wrong and what to do.",
    "Errors have the OpenAI shape: an object error with message, type, param and code. The message says what was expected, what was found, and the next step."],
    do=["(read|understand|handle|parse) (errors|an error|error messages|the errors of the API|an error from the API|API errors)"],
    what=["(the error format|the shape of errors|the format of errors|an error reply|an error message of the API)"],
    ask=["(how|what) do errors (look|look like|come back)", "(which|what) (shape|format|form) do errors have", "I (get|got) an error( from the API|), what does it (mean|say)", "(errors|error format|error messages)"])

fact("concurrent", [r"own state"], [
    "Yes, several requests may come at the same time. Each has its own state, so they never mix.",
    "Many people can use it at once: every request has its own state and gets its own answer."],
    do=["(serve|handle|answer) (several|many|multiple|two|parallel|concurrent) (users|people|requests|clients)( at once| at the same time|)", "(send|make) (several|many|two|parallel|concurrent) requests (at once|at the same time|in parallel|)"],
    what=["(parallel requests|concurrent requests|batching|concurrency)"],
    ask=["can (several|many|two|multiple|more than one) (people|users|clients|programs|person|requests) (use it|use the host|ask|chat|send requests|be served|be handled|connect)( at once| at the same time| in parallel| together|)", "how many (users|people|clients|requests|connections) (can it|can the host|does it|at once can it) (serve|handle|answer|take|support)", "what (happens|if) (when|if|) two (people|requests|users|clients) (ask|come|write|use it) (at once|at the same time|together)", "(parallel|concurrency|multiple users|many users|several users)", "do (different|two) (chats|users|requests) mix"])

# Settings, flags, command line

fact("flags", [r"--help"], [
    "modelhost --help prints all flags. The most used are --model, --rwkv-strategy, --listen, --listen-port, --api and --threads.",
    "Run modelhost --help for the whole list. Often used: --model NAME, --rwkv-strategy, --listen, --listen-port, --api, --threads."],
    do=["{see} (the |all |all the |every |)(flags|options|command line options|command line flags|arguments|command line arguments|switches|parameters of the command line|possible flags|help text|help)"],
    what=["--help", "(the flags|the command line flags|the options|the command line options|the most important flags|the command line arguments|the startup options)"],
    ask=["(which|what) (flags|options|command line flags|arguments|command line options|switches|command line arguments|flag) (are there|does it have|can I use|does it take|exist|does the host have|does ModelHost know|are available|do I have|does it accept|does the host accept)", "(is there|where is|where do I find) (a list of flags|help for the command line|a help text|the help|a list of options|the list of flags|a manual|documentation|the documentation)", "(flags|options|help flag|command line|command line options|arguments|all flags|manual|documentation|usage)"])

fact("old_flags", [r"2023", r"warning"], [
    "The other flags of the 2023 web UI are accepted with one warning where they do no harm; they change nothing.",
    "Flags that the 2023 web UI had and this host does not need are taken with a warning and ignored."],
    what=["(the old flags|the flags of text-generation-webui|the flags of the web UI|the 2023 flags|--auto-devices|--gpu-memory|--xformers)"],
    ask=["(does it|can it|does the host) (accept|take|know|understand|support) (the old flags|the flags of text-generation-webui|--auto-devices|--gpu-memory|the flags of the web UI|--chat|--notebook|the 2023 flags|--wbits)", "what (happens|is) with (old flags|the old flags|the flags of the web UI|flags it does not know)", "can I (use|keep) my old (flags|command line|start script)", "(old flags|webui flags|unknown flags)"])

fact("settings", [r"settings\.json", r"[Ff]lags win|flag wins"], [
    "The file settings.json at the top of the project holds the defaults. Flags win over it.",
    "Write defaults into settings.json; its keys have the names of the flags. A flag wins over the file."],
    do=["(save|keep|store|make permanent|remember|preserve|write down) (my |the |)(settings|flags|options|defaults|configuration|preferences|settings for ever)", "{change} (the settings|the defaults|the default settings|the configuration|the config|a setting|the default values|the preferences|a default)", "(configure|customise|customize|set up the defaults of) (the host|ModelHost|it|the server)", "(avoid|not) (typing|type) (the flags|all flags|the same flags) (each time|every time|again and again)"],
    what=["settings.json", "(the settings file|the configuration file|the config file|the settings|the configuration|a setting|the --settings flag)"],
    ask=["where (are|do I find|is|do I put|do I change|can I find|do I write) (the settings|the configuration|the config file|the defaults|the settings file|the config|my settings|default values)", "(is there|does it have|has it) a (config file|configuration file|settings file|config|way to save settings)", "(which|what) (wins|is stronger|has priority|comes first|counts more), (the flag or the file|flags or settings|settings.json or flags|a flag or settings.json)", "do flags (win over|override|beat) (settings.json|the settings|the file)", "(settings|config|configuration|settings.json|defaults|settings file|config file|preferences)", "(which|what) file (holds|has|contains|stores) the (defaults|settings|configuration)", "what is in settings.json", "how is (it|the host|ModelHost) configured"])

fact("verbose", [r"--verbose"], [
    "Start with --verbose and the host prints the prompts that the model gets.",
    "The flag --verbose shows every prompt in the log."],
    do=["(see|print|show|log) (the prompts|the prompt that the model gets|more details|more output|what the model gets|the real prompt|what is sent to the model|more in the log)", "(debug|trace) (a prompt|my prompts|the template|the prompts)", "(get|have) (a more detailed log|more log output|verbose output|more logging|a verbose log)"],
    what=["--verbose", "(the verbose flag|verbose mode|verbose)"],
    ask=["(which|what) flag (prints|shows|logs) the prompts", "where (do I see|can I see) (the prompts|what is sent to the model)"])

fact("version", [r"--version"], [
    "modelhost --version prints the version.",
    "You see the version with modelhost --version."],
    do=["{see} (the version|which version I have|the version number|my version|what version this is|the release)"],
    what=["--version", "(the version|the version of the host|the version number|the current version)"],
    ask=["(which|what) version (is this|do I have|is it|am I using|of ModelHost is this|of the host is running|runs here)", "(version|version number)"])

fact("generate_command", [r"modelhost generate", r"--prompt"], [
    "Use modelhost generate --model NAME --prompt \"Once upon a time\". The text comes to the terminal, the tokens per second go to stderr.",
    "modelhost generate --prompt \"Once upon a time\" writes the text straight into the terminal; add --model NAME to choose the model."],
    do=["(generate|make|produce|write|create|get) {text} {terminal}", "(use|run|try|ask) (a model|the model|it) {terminal}", "(use|run) modelhost generate", "give (it|the model) a prompt {terminal}"],
    what=["(modelhost generate|the generate command|the one-shot mode|the terminal mode|the --prompt flag|--prompt)"],
    ask=["can I use (it|the host|a model|ModelHost) {terminal}", "is there a (terminal mode|command line mode|one-shot mode|command to generate text|way to use it without the page)", "(which|what) command (generates|writes|makes|prints|produces) text", "(terminal|modelhost generate|generate|one shot|terminal mode|cli)", "can it (write|generate) text {terminal}"])

fact("inspect", [r"modelhost inspect"], [
    "modelhost inspect PATH lists the tensors of a file with name, number format, shape and SHA-256, without loading a model; add --json for programs.",
    "Use modelhost inspect PATH: it shows every tensor of a weight file, with its shape and format."],
    do=["(look into|look inside|inspect|examine|open|peek into|analyse|analyze|check) (a weight file|a checkpoint|a .pth file|a model file|the weights|a safetensors file|a file|a pth|my checkpoint|the weight file)", "{see} (the tensors|what is in a checkpoint|the tensors of a file|the shapes|the layers of a file|what is in a weight file|which tensors a file has|the content of a checkpoint|the tensor names|the weights in a file)", "list (the tensors|tensors|all tensors|the tensor names)"],
    what=["(modelhost inspect|the inspect command|inspect)"],
    ask=["(which|what) command (lists|shows|prints) (the tensors|the content of a file|the shapes|what is in a checkpoint)", "what (tensors|shapes|layers) (are in|has|does) (my file|a file|my checkpoint|this file)( have|)", "(tensors|inspect|tensor list|checkpoint content)"])

# Loaders and extensions

fact("loader", [r"plugin", r"reads? one kind"], [
    "A loader is a plugin that reads one kind of model: it looks at the files, says whether they are its own, and turns them into a running model.",
    "It is a plugin that reads one kind of model. One loader is for Hugging Face folders, one for .pth files, and extensions can add more."],
    what=["(a loader|a loader|loaders|the loaders|a model loader|a loader plugin|the idea of a loader|a plugin)"],
    ask=["what (does|do) (a loader|loaders|the loaders|a model loader) (do|mean)", "(which|what) loaders (are there|does it have|exist|are built in|does the host have|are available|are included)", "why are there loaders", "how (does|do) (a loader|loaders) work", "(loader|loaders|plugin|plugins)", "(how|by what) are models (loaded|read)", "is it (based on plugins|plugin based|modular)"])

fact("write_loader", [r"ModelLoader", r"probe", r"load", r"extensions/"], [
    "Write one Swift type with the protocol ModelLoader: probe looks at the files, load loads them. Register it with the host; extensions/ shows how.",
    "Make a Swift type that follows the protocol ModelLoader, with probe and load, and register it. A folder in extensions/ with one Swift file is enough."],
    do=["(write|make|create|build|implement|develop|program|code|add|code up|design|construct|author|define|invent) (a loader|a new loader|my own loader|a loader of my own|a custom loader|another loader|loaders|a model loader|a loader plugin|a plugin for my format|one more loader|my loader|an additional loader)", "(support|add|read|load|teach it|add support for|handle|implement) (a new format|another format|my own format|a new file format|a new kind of model|another kind of model|a different file format|a format it does not know|a new architecture|my file format|an unknown format|a new model type|another architecture|a new model family)", "(register|plug in|connect) (a loader|my loader|my own loader|a new loader)", "(extend|teach) (the host|it|ModelHost) (with a loader|to read a new format|with a new format|with another format|to load other models|to read other models)", "(implement|use|conform to|adopt) (ModelLoader|the ModelLoader protocol|the protocol ModelLoader|the loader protocol)"],
    what=["(the ModelLoader protocol|ModelLoader|the protocol of a loader|the loader protocol|the protocol ModelLoader|writing a loader|loader development)"],
    ask=["(which|what) protocol (does|must|has) a loader (follow|implement|have|conform to|fulfil|need)", "(which|what) (functions|methods|parts) (does|must) a loader (have|need|implement)", "what (must|does|should) a loader (do|contain|have|need|look like|implement)", "how is a (new |)loader (written|made|added|registered|implemented|created|built)", "can I (write|make|add|build|create|have) (my own|a|another|a new|a custom) loader", "(own loader|new loader|custom loader|loader example|loader api|write loader|loader tutorial)", "how (many lines|much code|hard|difficult) is a loader", "my (model|format|file) is (in a different format|not supported|unknown to the host|in an unknown format), what can I do", "what would a loader of my own look like"])

fact("probe", [r"probe", r"content"], [
    "probe looks at the content of the files and says whether this loader accepts them, or why it refuses; it never loads anything.",
    "With probe a loader decides by the content of a file, not by its name, whether it can read it. The most confident loader gets the model."],
    what=["(probe|the probe function|probing|a probe|probe in a loader|the method probe)"],
    ask=["how does (the host|it|ModelHost) (choose|find|know|pick|decide on|select) (the loader|the right loader|a loader|which loader to use)", "(which|what) loader (is used|is chosen|wins|gets the model|is taken)", "what does probe do", "what if two loaders (accept|want|like) (the same|a) (model|file)", "does (it|the host) (go by|look at) the (name|ending) of (a|the) file"])

fact("all_refuse", [r"refus"], [
    "If every loader refuses a file, the host shows the reason of each one, so you see what is missing.",
    "Then you see one line per loader with the reason for which it refuses the file."],
    ask=["what (happens|if|is) (if|when|) (no loader|none of the loaders|not one loader|no plugin) (accepts|fits|wants|knows|can read|takes|matches|can load) (a file|my model|a model|the file|it|my file)", "why (can|does|will) (my model|the model|my file|the file) not (be loaded|load|open)", "my model (does not load|cannot be loaded|will not load|fails to load|is refused|is not accepted|won't load|does not work)", "(it|the host|the server) (cannot|does not|refuses to|can not|fails to) (load|open|read|accept) my (model|file|weights)", "loading (my model |the model |)(fails|failed|does not work|gives an error)", "(cannot load model|load error|model refused|loading failed|load failed)", "every loader refuses( my file| my model|)"])

fact("extensions", [r"extensions/", r"--extensions"], [
    "Put a folder NAME with a Swift file into extensions/ and start with --extensions NAME, or name it in settings.json.",
    "An extension is a folder in extensions/ with a Swift file in it. It runs only when you name it with --extensions NAME or in settings.json."],
    do=["(add|use|install|turn on|enable|activate|load|run|switch on|try|plug in|get) (an extension|extensions|my extension|a plugin|an add-on|addons|my own extension|a drop-in)", "(write|make|create|build|develop|program) (an extension|extensions|my own extension|an add-on|a drop-in)", "(extend|expand|add features to|add functions to|add something to|change the behaviour of) (the host|ModelHost|it|the server|the program)"],
    what=["(an extension|extensions|--extensions|the extensions folder|extensions/|the extension system|the extensions)"],
    ask=["(does it|can it|does the host) (have|support|know|offer|take) (extensions|add-ons|plug-ins)", "(which|what) extensions (are there|does it have|exist|are available|come with it|can I use)", "where do (extensions|my extensions|the extensions) (go|belong|live)", "how do extensions work", "(extension|extensions|add-ons|addons)", "can I (add|extend) (things|it|features|my own code|the host with my own code)", "(which|what) flag (turns on|loads|enables) (an extension|extensions)"])

fact("extension_safety", [r"only", r"named|name"], [
    "Only extensions that you name with --extensions or in settings.json are run, with the same rights as the host. So name only those you trust.",
    "An extension is real code and may do what the host may do; for that reason only those that you have named yourself are run."],
    ask=["(are|is) (extensions|an extension|the extensions|plugins) (safe|dangerous|secure|a risk|run automatically|sandboxed)", "(can|could) (an extension|extensions|a plugin) (harm|damage|do harm|do damage|do anything|be dangerous|steal|read my files)", "is everything in extensions/ run", "do extensions run by themselves", "(can|should) I trust (extensions|an extension)", "are all extensions (run|started|loaded) (by default|automatically|)", "(extension|extensions) (safety|security)"])

fact("security", [r"[Nn]othing in (a|the) (weight )?file is ever run|never runs? code"], [
    "Yes. Weights are read as data, and nothing in a weight file is ever run; a file that tries is refused.",
    "The host reads a weight file as data only: nothing in the file is ever run, also not the pickle in a .pth."],
    ask=["(is it|are|is) (safe|dangerous|secure|risky) to (load|open|use|download|run) (a model|weights|a .pth file|unknown weights|models from the internet|a pth|a pickle|foreign weights|weights from strangers|a downloaded model|files I found online)", "(can|could|may|will) (a weight file|weights|a .pth file|a model|a model file|a pickle|a checkpoint|a pth file|a malicious file) (run code|harm my computer|contain a virus|be dangerous|execute code|hurt my machine|do harm|do something bad|hack me|contain malware|infect my computer)", "(are|is) (weights|a .pth file|pickle files|pth files|downloaded weights|the weights|pickles|model files) (safe|dangerous|secure|a risk|trustworthy)", "what about (security|pickle|safety|viruses|malware|malicious weights|evil weights)", "(security|pickle|virus|safety|malware|is it safe|malicious files)", "does (the host|it) (run|execute) (code|anything|programs) (from|in|inside) (a|the) (weights|weight file|model file|.pth file)", "how (safe|secure) is (it|the host|loading weights|ModelHost)"],
    what=["(the security of weight files|pickle safety|the danger of pickle files)"])

fact("privacy", [r"your (own )?machine|this machine"], [
    "Everything runs on this machine; no text is sent anywhere, and no internet is needed.",
    "No data leaves your machine: the model runs here, and the host needs no internet."],
    do=["(use|run) (it|the host|ModelHost) (offline|without internet|without a connection|without the internet|without an internet connection)"],
    ask=["(does it|do you|does the host|does ModelHost|will it) (send|upload|share|transmit|leak|store) (my data|my text|data|anything|my prompts|my chats|data to the internet|my conversations|information)( anywhere| to the internet| to someone| to the cloud|)", "(do I|does it|does the host|do you) (need|require|use|have) (the internet|an internet connection|internet|internet access|a connection|the cloud)", "(does it|can it|will it) (work|run) (offline|without internet|without the internet|on a plane)", "is (it|my data|my chat|what I write|the chat|everything) (private|safe here|secret|local|sent to somebody|kept private)", "(privacy|offline|internet|telemetry|data protection|cloud)", "who (can see|sees|reads|can read) (what I write|my chats|my text|my prompts)", "where (does|is) (the model|my data|my text) (run|go|processed|sent)", "does it phone home"])

# RWKV, state, text

fact("rwkv", [r"RWKV", r"state", r"recurrent"], [
    "RWKV is a recurrent language model: it reads token by token and keeps everything it knows of the text in a small state. It trains like a transformer and runs like an RNN.",
    "RWKV is a family of recurrent networks for language. Instead of attention over all tokens it carries a state of constant size."],
    what=["(RWKV|RWKV|an RWKV model|the RWKV architecture|RWKV-4|this RWKV thing|the word RWKV|the RWKV family|rwkv)"],
    ask=["what does RWKV (mean|stand for|do)", "how does (RWKV|RWKV-4|an RWKV model|rwkv) work", "(how is|how does|in what way is|why is) RWKV (different from|differ from|unlike|better than|not) (a transformer|GPT|transformers|other models|attention)", "is RWKV (a transformer|an RNN|a recurrent network|a neural network|like GPT)", "why (RWKV|does the host use RWKV|is it built for RWKV)", "who (made|invented|created|developed) RWKV", "(rwkv|rnn|recurrent)"])

fact("state", [r"state", r"constant size|same size"], [
    "The state is what the model remembers of the text so far: a few vectors per layer, of constant size however long the text is.",
    "The state is the memory of the model. It has the same size after ten tokens as after a million."],
    what=["(the state|a state|the RWKV state|the recurrent state|the hidden state|a recurrent state|the memory of the model|the model state)"],
    ask=["(how big|how large|what size) is the state", "what (does|is in|is stored in) the state( hold| contain| remember| do|)", "does the state (grow|get bigger|become larger|change its size|need more memory with time)", "how does (the model|RWKV|it) remember( things| the text| what I said| the chat|)", "(state|the state|recurrent state)", "is there a (KV cache|cache of keys and values|kv cache)", "(what about|where is) the KV cache", "why is the state (small|constant|important)"])

fact("context", [r"no limit|never runs out"], [
    "There is no limit: the state has constant size, so the context never runs out and memory does not grow.",
    "The context never runs out. RWKV keeps a state of constant size, however long the text becomes; old details slowly fade, that is all."],
    do=["(use|read|feed in|process|give it|send) (a very long text|long texts|a long prompt|a whole book|a book|very long prompts|a huge text|a long document)", "{change} (the context length|the context size|the context window|the maximum context|n_ctx)", "(get|have) (more context|a longer context|infinite context|a bigger context)"],
    what=["(the context length|the context window|the context size|infinite context|the maximum context|the context limit|the context|the maximum length of a prompt|n_ctx)"],
    ask=["how (long|large|big) (can|may|is) (the context|a prompt|my prompt|the text|a chat|my text|the context window|the conversation)( be| get| become|)", "(is there|does it have|has it) (a limit|a context limit|a limit for the context|a maximum length|a context window|a limit on the length of the prompt|a token limit)", "how (many tokens|much context|much text|many words) (can it|can the model|does it|can I) (read|take|hold|have|remember|handle|send|use)", "(does|will|can) the context (run out|end|get full|overflow|be infinite)", "what happens (if|when) (the text|my chat|the chat|the prompt|the conversation) (gets|is|becomes|grows) (too long|very long|longer and longer|huge)", "(context|context length|infinite context|context window|long prompts|context size|max context|token limit)", "(does|will) it forget( things| the beginning| what I said|)", "can I have (endless|infinite|very long|unlimited) (chats|conversations|texts|context)"])

fact("tokenizer", [r"tokenizer", r"tokens"], [
    "A tokenizer cuts text into tokens, the pieces of words that a model reads, and puts them together again. Each model comes with its own.",
    "It turns text into tokens (numbers for pieces of words) and back. The tokenizer must be the one the model was trained with."],
    what=["(a tokenizer|the tokenizer|tokenizers|tokenization|tokenisation|a tokeniser)", "(a token|tokens|the tokens)"],
    ask=["what (does|do) (a tokenizer|the tokenizer|tokenizers) do", "why (do I|does a model|does it) need a tokenizer", "how does (a|the) tokenizer work", "how is text (cut|split|divided) into tokens", "(tokenizer|tokens|token|tokenization)", "(which|what) (tokenizers|tokenizer) (are supported|does it support|does it know|are there|do you use|does it use)"])

fact("chat_template", [r"User:", r"Assistant:"], [
    "The text is written as User: and then the question, an empty line, and Assistant: without a space at the end. A chat template in tokenizer_config.json does this for you.",
    "I expect User: with the question, an empty line, then Assistant: with nothing after the colon. The chat route writes this form by itself."],
    do=["(write|format|build|make) (a chat prompt|the prompt for a chat|a prompt by hand|a prompt|the prompt)"],
    what=["(the chat template|the prompt format|a chat template|the chat format|the right prompt|the prompt template|the instruction template)"],
    ask=["(which|what) (prompt format|chat format|template|chat template|prompt form|form of prompt) (do you use|does it use|do you expect|is used|do you need|does the demo model use|do I use)", "how (must|should|do) (a prompt|my prompt|the prompt|prompts) (look|look like|be written|be formatted)", "(prompt format|chat template|template|prompt template)", "where is the chat template"])

fact("system_prompt", [r"role system"], [
    "Send a first message with the role system; it is put before the chat. I am too small to follow such orders, bigger models do.",
    "The first message may have the role system: its text stands before the chat and tells a model how to behave."],
    do=["(give|set|use|write|add|send|change) (a system prompt|the system prompt|a system message|the system message|instructions|a custom system prompt)", "tell the model how to behave"],
    what=["(a system prompt|the system prompt|a system message|the system message|the system role)"],
    ask=["(can I|does it) (use|support|have|take|set) (a system prompt|system prompts|system messages|a system message)", "(system prompt|system message|system role)"])

fact("temperature", [r"temperature", r"random"], [
    "temperature says how random the choice of the next token is: 0 always takes the most likely one, higher values are more surprising. 0.8 is a good start.",
    "With a low temperature the text is careful, with a high one it is more random; temperature 0 always gives the most likely token."],
    do=["{change} (the temperature|temperature|how random it is|the randomness)", "(make|get) (the answers|the text|it|the model|the output) (more creative|more random|less random|more surprising|wilder|less boring|more careful|more varied|more interesting)"],
    what=["(temperature|the temperature|the temperature setting|the temperature parameter|sampling temperature)"],
    ask=["(which|what) temperature (should I use|is good|is best|do I use|do you recommend|is right)", "what does (temperature|the temperature) (do|mean|change)", "(temperature|randomness|creativity)", "why are the answers (so random|different each time|so strange|not always the same)"])

fact("greedy", [r"temperature (to )?0"], [
    "Set temperature to 0: then the most likely token is always taken and the answer is the same each time.",
    "Use temperature 0 for the same answer every time; that is called greedy."],
    do=["(get|have) (the same answer|the same text|the same output|the same result|repeatable answers|deterministic answers|deterministic output) (each time|every time|always|twice|)", "(make|get) (it|the model|the output|the answers) (deterministic|repeatable|reproducible|greedy|always the same)", "(turn off|disable|switch off|avoid) (sampling|randomness|the randomness|chance)", "always (take|pick|get) the (most likely|best|most probable) token"],
    what=["(greedy|greedy decoding|greedy sampling|greedy search|deterministic output|greedy output)"],
    ask=["how do I always get the same (answer|text|output)", "(greedy|deterministic|reproducible|no randomness)", "what does temperature 0 (do|mean)"])

fact("top_p", [r"top_p", r"together"], [
    "top_p keeps only the most likely tokens that together reach this probability; 0.9 cuts the unlikely tail, 1 cuts nothing.",
    "With top_p 0.9 only the likeliest tokens are kept, those that together have 90 percent; the others are never chosen."],
    do=["{change} (top_p|top p|top-p|the top_p value|nucleus sampling)"],
    what=["(top_p|top p|top-p|nucleus sampling|the top_p setting|the top_p parameter)"],
    ask=["what does (top_p|top p|top-p) (do|mean)", "(which|what) (top_p|top_p value|value for top_p) (should I use|is good|is best)", "(top_p|top p|nucleus)"])

fact("top_k", [r"top_k", r"k most likely|k likeliest"], [
    "top_k keeps only the k most likely tokens; with 40 the choice is among forty, and 0 turns it off.",
    "It limits the choice to the k most likely tokens: top_k 40 means forty candidates, top_k 0 means no limit."],
    do=["{change} (top_k|top k|top-k|the top_k value)", "limit the (choice|candidates|number of candidate tokens) to the best (tokens|40)"],
    what=["(top_k|top k|top-k|the top_k setting|the top_k parameter)"],
    ask=["what does (top_k|top k|top-k) (do|mean)", "(which|what) (top_k|top_k value) (should I use|is good|is best)", "(top_k|top k)"])

fact("penalties", [r"repetition_penalty"], [
    "Use repetition_penalty above 1, for example 1.1, or presence_penalty and frequency_penalty; they make tokens that were already used less likely.",
    "Raise repetition_penalty a little, to 1.1 or 1.2. presence_penalty and frequency_penalty work against repeats, too."],
    do=["(avoid|stop|prevent|reduce|get rid of|fight|punish) (repetition|repetitions|repeats|loops|repeated words|repeated sentences|the same words|endless repetition)", "(keep|stop|prevent) (it|the model) from (repeating itself|repeating|saying the same thing|looping|going in circles)", "{change} (the repetition penalty|the penalties|a penalty|the presence penalty|the frequency penalty)"],
    what=["(repetition_penalty|the repetition penalty|repetition penalty|presence_penalty|frequency_penalty|a presence penalty|the penalties|penalties|frequency penalty)"],
    ask=["(it|the model) (repeats itself|says the same thing again and again|keeps repeating|loops|always repeats the same words|is stuck in a loop|goes in circles)", "why does (it|the model) repeat( itself| the same words|)", "(repetition|repetition penalty|penalty|repeats|loop)", "what (does|do) (repetition_penalty|the penalties|presence_penalty|frequency_penalty) do"])

fact("samplers", [r"temperature", r"top_k", r"top_p", r"repetition"], [
    "The usual ones: temperature, top_k, top_p, and penalties for repetition, presence and frequency, with a seed.",
    "You can set temperature, top_k, top_p, the repetition, presence and frequency penalties, and a seed, all in the request."],
    do=["{change} (the sampler|the samplers|the sampling parameters|the sampling|the generation parameters|the sampling settings|how tokens are chosen|how the next token is chosen)"],
    what=["(a sampler|samplers|the samplers|sampling|the sampling parameters|the generation parameters|the sampling settings|the parameters of a request)"],
    ask=["(which|what) (samplers|sampling parameters|sampler settings|generation parameters|sampling methods|parameters|sampling options) (are there|does it have|can I use|does it support|can I set|does the host know|are available|can a request have|does a request take)", "how is the next (token|word) (chosen|picked|selected|sampled)", "(sampler|samplers|sampling|parameters|generation parameters)", "(which|what) parameters (control|change) the (text|output|generation)"])

fact("seed", [r"seed"], [
    "Send a seed in the request: the same seed with the same prompt and settings gives the same text.",
    "Set seed to a number of your choice, and the same request gives the same text again."],
    do=["{change} (the seed|a seed|the random seed)", "(repeat|get again|reproduce|recreate) (a random text|a text|an answer|the same random text|a result|a good answer|a sampled text)"],
    what=["(the seed|a seed|the random seed|seed)"],
    ask=["what does (the seed|seed|a seed) (do|mean)", "(seed|random seed)", "(is there|can I set|does it have) a seed", "why (is|do I need) (there |)a seed"])

fact("max_tokens", [r"max_tokens"], [
    "max_tokens limits the length of the answer: after so many tokens the model stops.",
    "Set max_tokens in the request; it is the greatest number of tokens that the answer may have."],
    do=["(limit|restrict|set|change|control|shorten|bound|cap) (the length of the answer|the answer length|how long the answer is|the number of tokens|the length of the text|how much it writes|the length|the output length|the number of generated tokens|the length of the output)", "(get|make|have) (longer|shorter|long|short) (answers|texts|stories|replies|output|responses)", "{change} max_tokens"],
    what=["(max_tokens|max tokens|the maximum number of tokens|the length limit|max_new_tokens)"],
    ask=["(why is|why are) (my |the |)(answer|text|answers|output|story|reply) (cut off|so short|too short|cut|incomplete|truncated|not finished)", "the (answer|text|story|output|reply) (is cut off|stops in the middle|is too short|ends too early|breaks off|is too long)", "how long (can|will|is) (an answer|the answer|the output|a reply)( be|)", "(max_tokens|max tokens|length|answer length|output length|longer answers)", "what does max_tokens (do|mean)"])

fact("stop_strings", [r"\bstop\b"], [
    "Give one or more texts in the field stop; when one of them comes up, the answer ends before it.",
    "Use stop in the request, a text or a list of texts: the answer ends where one would begin, and it is never shown."],
    do=["(stop|end|finish) (at a certain word|at a word|at a text|at a line break|when a word comes|at a certain string|at a newline|at a given string)", "(use|set|give|add) (stop strings|a stop string|stop words|a stop word|stopping strings|stop sequences|a stop sequence)"],
    what=["(a stop string|stop strings|a stop word|stop words|the stop field|stop sequences|a stop sequence)"],
    ask=["(can I|how do I) make it stop at a (certain word|line|text|string)", "(stop strings|stop words|stop sequence|stop string)", "what does (the field stop|stop) (do|mean)( in a request|)"])

fact("logprobs", [r"logprobs", r"echo"], [
    "Ask for logprobs: N in the request. To score a prompt, send echo: true, logprobs: N and max_tokens: 0 to /v1/completions.",
    "With logprobs: N each token comes with its log probability and its best alternatives; echo: true and max_tokens: 0 score the prompt itself."],
    do=["{see} (the probabilities|the log probabilities|logprobs|token probabilities|the probability of a token|the probabilities of the tokens|log probs)", "(score|rate|evaluate|measure the probability of) (a text|a prompt|my text|a sentence|my prompt|texts)"],
    what=["(logprobs|log probabilities|echo|prompt scoring|token probabilities|the logprobs field|the echo field)"],
    ask=["(can it|does it|can I get) (give|return|show|support|) (logprobs|log probabilities|probabilities|token probabilities)", "how (likely|probable) is a (token|text)", "(logprobs|probabilities|echo|scoring|perplexity)", "what does (echo|logprobs) (do|mean)"])

fact("logits", [r"/v1/internal/logits"], [
    "POST a prompt to /v1/internal/logits and you get the numbers for the next token; with raw: true all of them, before any sampler.",
    "The route /v1/internal/logits gives the likely next tokens of a prompt, and with raw: true the logits of the whole vocabulary."],
    do=["{see} (the logits|the raw logits|logits|the scores of the next token|what the next token may be|the next-token probabilities|the likely next tokens)"],
    what=["(the logits|logits|/v1/internal/logits|the logits route|raw logits)"],
    ask=["(which|what) route gives (the logits|logits)", "(logits|raw logits)", "how do I get the (numbers|scores) before sampling"])

fact("embeddings", [r"final hidden state|last hidden state", r"/v1/embeddings"], [
    "Embeddings are made from the final hidden state of the model. The route is /v1/embeddings; a build without it answers 404.",
    "An embedding of RWKV is its final hidden state after the last token, or the mean of all. Ask /v1/embeddings; a build that lacks it answers 404."],
    do=["(get|make|compute|create|calculate|produce|generate|use) (embeddings|an embedding|sentence embeddings|text embeddings|a vector for a text|vectors|a sentence embedding|embedding vectors)", "(turn|convert) (a text|text|sentences|a sentence) into (a vector|vectors|an embedding|embeddings)"],
    what=["(an embedding|embeddings|sentence embeddings|the embeddings route|text embeddings|/v1/embeddings|a sentence vector)"],
    ask=["(does it|can it|does the host) (make|have|support|give|offer|do|return|compute) (embeddings|sentence embeddings|vectors|text embeddings)", "(embeddings|embedding|vectors|sentence vectors)", "(is there|which is|what is) (an|the) (embeddings route|embedding endpoint|embeddings endpoint|route for embeddings)"])

fact("train", [r"does not train"], [
    "The host does not train; it only runs models that are already trained. I was trained by train.py in models/demo.",
    "No, it does not train or finetune: it runs finished weights. Training is done elsewhere, for me with train.py in models/demo."],
    do=["(train|fine-tune|finetune|teach|train further|fine tune) (a model|my own model|a network|the model|a model here|my model on my data|a LoRA|a model with the host)"],
    what=["(training|fine-tuning|finetuning|LoRA training|LoRA)"],
    ask=["(can it|can the host|does it|does the host|can ModelHost|can I use it to) (train|finetune|fine-tune|train models|train a model|learn|fine tune a model|use LoRA)", "(training|finetuning|fine-tuning|lora)", "can I (train|finetune|fine-tune|teach) (a model|you|my own model|it)( here| with the host|)", "does it support (LoRA|training|fine-tuning|LoRAs)"])

fact("images", [r"only text|text only"], [
    "No, the host does text only: no images, no sound.",
    "It works with text only, so pictures and voices are nothing for it."],
    do=["(send|use|make|draw|generate|show it|upload|create) (images|pictures|an image|a picture|photos|audio|a photo|sound|video|speech)"],
    ask=["(can it|can you|does it|does the host|can the host|do you) (draw|see|make|read|understand|handle|process|support|generate|hear|recognise) (images|pictures|an image|a picture|photos|audio|speech|voice|video|sound|music|multimodal input)", "(can you|could you) (draw|paint|sing|speak|see|hear)( something| a picture| for me| me|)", "(images|pictures|audio|voice|multimodal|video)"])

# The demo model itself

fact("who", [r"demo model", r"RWKV-4"], [
    "I am the demo model of ModelHost, a tiny RWKV-4 with about 4 million parameters. I tell short stories and answer questions about this host.",
    "I am a very small language model, the demo model of this host: an RWKV-4 of about 4 million parameters."],
    ask=["(who|what) are you", "(who|what) am I (talking|speaking|chatting|writing) (to|with)", "what('s| is) your name", "do you have a name", "(introduce|describe|present) yourself", "tell me (about|something about) yourself", "(are you|is this) (a person|human|a robot|an AI|a bot|ChatGPT|GPT-4|a language model|a human|a real person|alive|the demo model|an RWKV|a machine|Claude|a chatbot)", "what (model|kind of model|sort of model|type of model|AI) (are you|is this|am I talking to)", "(which|what) model (are you|answers|is answering|is this)", "(what|who) is (this|the demo model|this model|the demo)", "(who are you|what are you|name|your name)", "what should I call you"],
    what=["(the demo model|this demo model|the demo|the model in models/demo|models/demo)"])

fact("maker", [r"project", r"program"], [
    "I was made in this project: a program wrote the text I learned from, and train.py trained me on a CPU.",
    "The project itself made me: nothing was downloaded, the text was written by a program and the training ran on a CPU."],
    ask=["who (made|created|built|trained|wrote|programmed|developed|invented|designed) you", "(who is|who's) your (maker|creator|author|father|mother|developer|inventor|boss|owner)", "where (do you come|are you) from", "(how|where|when) were you (made|created|born|built|trained)", "are you (made by|from|by) (OpenAI|Google|Microsoft|Anthropic|Meta|Apple)", "did (OpenAI|Google|a person|Microsoft|Anthropic) make you", "who is behind (you|this|this project)", "(your maker|creator|origin)"])

fact("trained_on", [r"corpus\.py", r"program"], [
    "I learned from text that a program wrote, corpus.py: children's stories, questions about this host, greetings and small sums. Nothing else.",
    "My text came from the program corpus.py in models/demo: stories, chats about this host, and one-digit sums."],
    ask=["(what|which|on what|on which) (data|text|texts|corpus|books|material) (were you|was it|did you|have you been) (trained on|trained|learn from|trained with|read)", "(what|on what|with what) were you trained( on| with|)", "how (were|was) (you|the demo model|this model) trained", "(what|which) (data|texts|books) did you (read|learn|see|learn from)", "how did you learn( all that| to talk| this|)", "(training data|corpus|trained on|your data)", "did you read (the internet|books|wikipedia)", "where (does|did) your (knowledge|text|data) come from"],
    what=["(your training data|your corpus|the training data of the demo model|corpus.py)"])

fact("size", [r"4 million parameters", r"6 layers"], [
    "I have about 4 million parameters: 6 layers with 192 channels and a vocabulary of 2048 tokens. The file is under 8 MB.",
    "About 4 million parameters in 6 layers, 192 wide; in bf16 that is less than 8 MB."],
    ask=["how (big|large|small|many parameters) are you", "how many (parameters|layers|weights|neurons|tokens) (do you have|have you|are you|has the demo model|does the demo model have)", "what (size|is your size|are your dimensions)( are you|)", "(how big|how large|how small) is (the demo model|this model|your model|your file|your vocabulary)", "(your size|number of parameters|parameters of the demo model|how big)", "are you (big|small|large|tiny)"],
    what=["(your size|your vocabulary|your parameter count|the size of the demo model)"])

fact("abilities", [r"stor(y|ies)", r"questions about this host", r"sums|add one-digit"], [
    "I can tell short stories, answer questions about this host, and add one-digit numbers. For more, put a bigger model into models/.",
    "Ask me for a story, ask me questions about this host, or give me sums of one-digit numbers. That is all I can do."],
    ask=["what can (you|I) (do|ask you|ask|do for me|help with|help me with|talk about|do with you|say|answer)", "what (are you able to do|are you good at|are you good for|do you know|are your skills|do you do|are your abilities|things can you do|kind of questions can you answer)", "(how|with what|can you|could you) (can you |)help( me|)", "what (should|could|may) I (ask|ask you|say|try|type|write)", "(help|help me|help!|I need help|what now|menu)", "do you know (anything|something|a lot|much|everything)", "(are you|is it) (useful|good for anything|any good)", "(show me what you can do|what are your features|give me an idea what to ask|what topics do you know)"],
    what=["(your abilities|your skills|your purpose|your job|your task)"])

fact("limits", [r"small", r"bigger"], [
    "I am very small, so I know little and make mistakes. A bigger model in models/ will do much better.",
    "I am only a demo with 4 million parameters: small enough to ship, too small to know the world. Use a bigger model for real work."],
    ask=["why (are you|is this model|is the demo model) (so |)(stupid|dumb|bad|simple|limited|silly|weak|small|useless|wrong)", "why (don't you|do you not|can't you|can you not) (know|answer|do) (more|that|anything|much|better|it|this)", "(you are|you're) (stupid|dumb|bad|wrong|not very smart|useless|silly|not smart|an idiot|terrible)", "(can|do) you (make mistakes|be wrong|make errors|lie|hallucinate)", "(are you|is the demo model) (smart|clever|intelligent|stupid|reliable|good)", "(that|this|your answer) (is|was) (wrong|nonsense|not right|bad|not true|incorrect|useless)", "(can|should) I (trust|believe) (you|your answers)", "what (can't you|can you not|are your limits|are your limitations|is your weakness)( do|)", "(limits|limitations|your limits|mistakes)"],
    what=["(your limits|your limitations|your weaknesses)"])

fact("licence", [r"nothing was downloaded", r"repository"], [
    "My weights and my text were made in this project, so nothing was downloaded. For the licence look at the files of the repository.",
    "Look into the repository for the licence. The demo model was made here from our own text; nothing was downloaded for it."],
    what=["(the licence|the license|your licence|your license|the copyright|the licence of the demo model|the terms of use)"],
    ask=["(under which|which|what) (licence|license) (are you|is it|is this|do you have|does it have|is the host under|is it under|applies)", "(can|may) I (use|sell|share|copy|distribute|modify) (you|it|this|the demo model|the host|the code)( freely| commercially| for free|)", "(is it|is this|are you|is ModelHost) (free|open source|free software|free of charge|for sale)", "(license|licence|copyright|open source)", "who owns (you|the weights|the demo model|the code)", "how much does it cost"])

fact("retrain", [r"corpus\.py", r"train\.py"], [
    "In models/demo run corpus.py, which writes the text, and then train.py, which trains me; the README there has the two commands.",
    "Everything lies in models/demo: corpus.py writes the corpus, train.py trains on it, about an hour on two CPU cores. See its README."],
    do=["(train|retrain|rebuild|make|build|reproduce|recreate|train again) (you|the demo model|this model|you again|the demo model again|the demo|you myself)", "(change|improve|teach) (you|the demo model|the demo model something|you something new|what you know)"],
    what=["(train.py|your recipe|the recipe of the demo model|the training script)"],
    ask=["(can I|could I|is it possible to) (train|retrain|rebuild|improve|change) (you|the demo model)", "how long did (your training|the training|it take to train you|training you)( take|)", "where is (your recipe|the training script|train.py|the recipe)", "(retrain|recipe|your training|retrain demo)"])

fact("delete_demo", [r"models/demo"], [
    "Delete the folder models/demo, or just choose another model with --model NAME; the host does not need me.",
    "Simply remove models/demo. The host works without me as soon as another model is in models/."],
    do=["(delete|remove|get rid of|throw away|uninstall|replace) (you|the demo model|the demo|this model|this demo model)"],
    ask=["(can I|may I|should I) (delete|remove|throw away) (you|the demo model|models/demo|the demo)", "do I need (you|the demo model|models/demo)"])
