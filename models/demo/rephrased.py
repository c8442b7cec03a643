"""Still more ways to ask, a line each, in words that the other lists lack. Grammar: grammar.py."""

REPHRASED = {}
for block in """
what_host
(what|which) problem does (this|ModelHost) solve
(why|for what reason) does ModelHost exist
I (stumbled upon|came across|found) this (repository|project), what is it about
(sum up|summarise) (the project|ModelHost) (for me|in a sentence)
what have I (cloned|unpacked) here
so this is a server for (what|which things)
is ModelHost a (chat program|library|web server|kind of ollama)
start
(how|what) do I get the (server|host) up
(what is|tell me) the (magic word|incantation|line) to (bring it up|make it go)
I (cannot|can't) get it (going|started|running)
(first|initial) (launch|run) of the (host|server)
the binary is built, how do I (run|fire up) it
how do I make this (program|server) come alive
(what comes|what happens) after git clone
(take|show) me from zero to a running (server|host)
what is the (quickest|fastest) route to see it (work|working|run)
page_address
where does my (browser|firefox|chrome) have to go
what (belongs|goes) in the address bar
(under|at) which (address|url) does the (interface|chat window) (appear|show up)
the (server|host) is up, and (where do I click|where do I look|what do I open)
localhost and then which number
is there something (graphical|to click on)
stop_host
(how|what) do I (press|do) to make it (quit|end|stop running)
(finish|end) the (host|session) cleanly
how can I (bring down|take down|switch off) the (server|host)
it runs and runs, how do I (end|kill) it
(which|what) shortcut ends the (program|server)
requirements
what (else|all) has to be (set up|installed) (beforehand|in advance)
(will|can) it (build|run) on (Fedora|Windows|a Raspberry Pi|an M2 Mac|Debian)
do I have to (fetch|download) (libraries|packages) (first|before building)
what (tools|programs) (must|should) I have (ready|in place)
list (the|all) (preconditions|prerequisites)
in what is (this|the host) (coded|programmed|implemented)
which toolchain (builds|compiles) (this|the host)
python
(am I forced|do I have) to (set up|create) a (virtualenv|venv|conda environment)
(is|does) (any|some) (Python|pip) stuff (needed|involved)
I have no Python (here|installed), (is that bad|does that matter)
does this (call|start|embed) Python (somewhere|inside)
must torch be (around|there|installed)
tests
(how|where) do I (see|check) that (my build|my copy|nothing) is (ok|fine|broken)
(which|what) command (exercises|checks) the (code|project)
I changed something, how do I (test|check) it
how are the (unit tests|checks) (started|called)
source_layout
in which (folder|directory) is the (Swift|source) code
I want to (hack on|contribute to|change) the code, where do I look (first|)
what is in which (module|directory|folder)
give me a (map|tour|overview) of the (sources|code base|repository)
how is the repo (laid out|arranged|split up)
add_model
I (have|got) (weights|a checkpoint) on my (disk|desktop|computer), (what now|how do I use it|what do I do with it)
(how|what) do I (tell|show) the host about (a|my) (new|fresh) (model|checkpoint)
(what is|describe) the (workflow|process|recipe) for (my own|another|an additional) model
where (will|does) the (program|host|server) (pick up|find|notice) (new models|my weights|a new file)
how (can|do) I (replace|swap out) the (demo|demo model|toy model) (by|with|for) (a proper|a real|my) (one|model)
(what is|which is) the (correct|right) (spot|location|home) for (checkpoints|weights|models)
to which (folder|directory) do I (copy|move|unzip) (it|the model|the checkpoint)
how (can|do) I make (my|a) (checkpoint|model|pth) (selectable|visible|usable)
(is there|what is) an (import|upload) (step|function) for (models|weights)
(does|will) it (accept|take) (a model of mine|my finetune|models from others)
how would a (newcomer|beginner) (get|bring) a (bigger|better) model (in|into the host)
my (finetuned|trained) (model|weights|network) should (run|be served) here, how
model_dir
the (models|weights) (are|live) on (another|a second|a network) (drive|disk|partition)
can I (redirect|move) the (search path|place of the models)
(how|where) do I (tell|say) that the (weights|models) are (not in models|in /data|in another path)
there is no (room|space) on this disk for (weights|models), can they be elsewhere
(use|read) the models (of|in) (/data|my home folder|another directory)
choose_model
how do I (preselect|fix|determine|say) (the|which) model (at|on|for) (launch|startup|the start)
there are (two|three|several|many) models in the folder, how do I (say|tell|choose) which (one|is taken)
start (directly|right away|straight) with (a given|one|a certain) model
which model (does it take|is used|is loaded) (by default|at first|in the beginning)
how does the host know which of my models to (load|take|start)
make my (favourite|other) model the (default|first)
model_menu
can I (pick|select) from a (list|menu) (in the terminal|on startup|when it starts)
(does it|can it) ask me which model (I want|to take|to load)
is there an interactive (choice|list|menu)
let me choose by number
list_models
what (lies|sits|do I have) in the models folder
which (checkpoints|networks|files) did (it|the host) (recognise|detect|discover|find)
(give|print|show) me (an inventory|a table|the names) of the (models|available models)
(which|what) command (lists|shows) (the models|everything that can be loaded)
why does my model not (show up|appear) (in the list|)
which names (may|can) I (use|give|choose from)
switch_model
(change|go over|move|hop) to (another|a second|the other) (model|network) (without stopping|while it is running|on the fly|in flight)
(is|must) a (restart|reboot) (needed|required|done) to (get|use|load) (another|a different) model
how do I (trade|exchange|replace) the (loaded|current|active) model
(can|could) I (flip|alternate|jump) between (models|two models)
I am (done|finished) with this model and want (the next|another)
(live|runtime) (change|exchange|replacement) of the model
this model is (bad|too slow), give me (another|the other one)
load (another|a different) (model|one) (over the API|from the page|now)
which (route|button|endpoint) (changes|exchanges|loads) the model
unload_model
(take|remove|throw) the model (out of|from) (memory|RAM)
how do I (release|give back|free) the memory (of a model|that a model uses)
I (do not need|am not using) the model now, can it be (dropped|freed|unloaded)
the RAM is full, (drop|free|release) the model
many_models
can (more than one|two|three|several) (models|networks) be (loaded|in memory|served) (together|at the same time|at once)
how many (models|checkpoints) (fit|stay|are kept) in memory
does the second model (push out|throw out|replace) the first
is the number of loaded models (limited|restricted)
unknown_model
(what happens|what do I get) with a (wrong|nonexistent|made-up|misspelt) model (name|)
my (tool|app|program) always sends (gpt-4|a fixed model name|some OpenAI name)
the (model name|name) in my request does not exist here
can the host (refuse|reject) (wrong|unknown) (names|model names)
formats
(which|what) (extensions|suffixes|file kinds|containers) (are|can be) (read|loaded|understood)
(does|can) it (open|read|load|handle) (.pt|.bin|.pth|safetensors|PyTorch) files
must I convert (my|the) (weights|model|file) (first|before)
is (conversion|converting) (needed|necessary)
my model is (cut|split) into (shards|several parts), (is that ok|can it be read)
gguf
can I (feed|give) it a (gguf|ggml) (file|model)
I only (find|have) (gguf|ggml) (files|quantisations)
(is|are) (llama.cpp|ggml|gguf) (files|models|formats) (supported|possible|read)
other_families
does it (run|host|take|support) (Mamba|Qwen|Gemma|Phi|GPT-2|DeepSeek|Llama 3)
(are|is) (transformers|transformer models|other architectures) (possible|supported|an option)
only RWKV or (others too|also Llama|everything)
I (have|want) a (Llama|Qwen|Gemma|Phi) (model|checkpoint)
rwkv_versions
(can|does|will) it (load|run|do) (RWKV-5|RWKV-6|RWKV-7|Goose|Eagle|v7|v6|v5)
which (generations|releases|versions) of RWKV (work|are covered|are supported|run)
is (Goose|Eagle|the newest RWKV|RWKV-7) (supported|possible)
hf_folder
what belongs (into|in) a (Hugging Face|huggingface|HF) (folder|directory)
(which|what) files (do I copy|are needed|must I download) from (a Hugging Face|the HF|a transformers) (repository|repo|page)
I (cloned|downloaded) a repository from Hugging Face, (which files matter|what is needed of it)
is config.json (enough|needed|required)
pth_tokenizer
it (says|complains|claims) (there is no tokenizer|the tokenizer is missing|no vocabulary was found)
where do I (get|put) the (vocabulary|vocab|20B tokenizer|tokenizer file) (for|of) a (pth|.pth|Raven|World|Pile)
(which|what) (vocab|vocabulary|tokenizer) (fits|goes with|does) a (World|Raven|Pile|BlinkDL) (model|file) (need|)
the pth is there but the tokenizer (is not|is missing|is absent)
get_weights
(where|from whom) (can|do) I (obtain|fetch|get|download) (real|good|larger|bigger|smarter) (models|weights|networks)
(recommend|suggest) (me |)a (model|checkpoint|better model)
is there a (page|site|place) with (RWKV|good|free) (models|weights|downloads)
who (offers|publishes|has) (trained |)RWKV (models|weights)
I need a (cleverer|stronger|larger) (model|brain|network)
strategy
(what|which) (idea|concept) (is|stands|hides) behind (a|the) strategy
(tell me|say) what (people|you) (call|mean by) (a|the) strategy
(I am puzzled by|what about) the (term|word|notion) strategy
what does (the|a) (rwkv-strategy|strategy) (control|govern|express|describe|influence|do)
strategy (definition|meaning|explained|purpose)
what is (written|encoded|said) in a strategy
(what|why) is "cpu fp32"
does a strategy say where (layers|things) are computed
set_strategy
where (do I type|do I write|goes|do I enter) (the|a|my) strategy
(which|what) (option|flag|switch|argument) (takes|accepts|carries|sets) the strategy
(launch|run|start) it with (a certain|another|my) strategy
(give|hand|pass) (a|the) strategy to the (host|server|program)
how do I (impose|apply|enter|change) (a|the) strategy
strategy_examples
(give|tell|name) me (some|a few|typical|valid|possible) strategies
what do strategies look like (in practice|)
which strategies are (common|possible|usual|valid|there)
(a list of|possible|legal) (strategies|strategy strings)
which strategy (do you recommend|is good|should I take) for (a CPU|my machine|a small GPU)
split_layers
(some|a few|eight|20) layers on the (GPU|card) and (the others|the rest) on the (CPU|processor)
(the model|it) does not fit (on|into) my (GPU|card|VRAM)
(divide|distribute|share) the (layers|model) (between|over|among) (GPU and CPU|card and processor|devices)
not enough (VRAM|video memory|GPU memory)
offload (part|half|some layers) (of the model |)to the (CPU|processor)
can GPU and CPU work (together|side by side)
gpu
I (have|bought|own) a (3060|3090|GeForce|Tesla|GTX|strong graphics card), (how is it used|will it be used|how do I use it)
(how|what) do I (switch|turn) on (GPU|CUDA) (computation|acceleration|support)
(does|can) it (profit from|exploit|use) (a|my) (graphics card|GPU|nvidia card)
(hardware|GPU|CUDA) acceleration
(run|compute|calculate) on the (graphics card|GPU) (instead of|rather than|not) the (CPU|processor)
the GPU is (idle|not used|doing nothing)
no_gpu
(must|do) I (buy|own|have) a (graphics card|GPU)
(does|will|can) it (work|run|go) (on a plain|on an ordinary|with just a) (CPU|computer|office PC|laptop)
there is no (graphics card|GPU|CUDA) in (this|my) (machine|computer)
is CPU only (ok|fine|enough|supported)
number_formats
(explain|compare) (fp16|bf16|fp32) (and|with|to) (fp32|bf16|fp16)
which (precision|number format|data type|dtype) (should I choose|is best|do you recommend)
what do (bf16 and fp32|these formats|fp16 and bf16) (mean|stand for|cost)
how many (bits|bytes) (has|does) a (weight|number) (have|take|)
is (bf16|fp16) (worse|less exact|good enough)
eight_bit
(is there|do you have) (int8|8-bit|i8) (quantisation|quantization|support)
(can|how do) I (quantise|quantize|compress|shrink) (the weights|a model|the model)
what does (i8|fp32i8|--load-in-8bit) (do|mean)
(store|load|keep) the (weights|model) in (one byte|8 bits|int8)
threads
(how many|which) (cores|threads|processors) (does it use|are used|will it occupy)
(restrict|limit|reduce|set) the (cores|number of cores|thread count|CPU use)
it (takes|eats|uses) (all my cores|100 percent CPU|the whole CPU)
leave (some|two) cores (free|for other programs)
memory
(how much|what amount of) (memory|RAM) (is needed|do I need|does a 3B model take|must I have)
will a (3B|7B|14B|1.5B) model fit (in|into) (16|32|4) (GB|gigabytes)
is (16|4|32) GB (of RAM |of memory |)(enough|sufficient|ok)
how (hungry|greedy) is it for (memory|RAM)
speed
(why is it so|it is|this is very) (slow|sluggish)
(how|what) can I (do to |)(speed up|accelerate|improve) (it|the generation|the output|the answers)
I (get|see) only (two|a few|3) (tokens|words) per second
(make|get) (it|the model|the answers) (faster|quicker)
how (fast|quick) is it
(better|more|improve) performance
(it|the answer) takes (minutes|so long|too long)
listen
(open|expose|publish) (it|the server|the host) (to|for) (others|the network|my network|everybody)
(another|a second|my other) (computer|device|machine) (cannot|should) (connect|reach it|use it)
(use|reach|open) it from (my phone|a tablet|the next room|another PC|downstairs)
(how|what) do I do so that (my colleagues|friends|my team|other people) can (connect|use it|log on)
connection refused from (another|a different) (machine|computer)
(can|may) it (be reached|be used|answer) over the (LAN|WLAN|wifi|network)
accept (remote|outside|external) (connections|clients)
port
(I want|use|take) (a different|another|some other) port
(which|what) port (is it|does it use|is used|is open)
(how|where) do I (choose|set|define) the port (number|)
(move|switch|put) (it|the server|the host) to port (80|8080|9000|8888)
not on 7860 please
port_busy
(the|my) port is (taken|used|occupied|blocked) (already|by another program|)
(error|message): address already in use
it (will not|does not|refuses to) start because of the port
something (is running|already listens) on (that|this|the) port
api_flag
what does (--api|the api flag|the api switch) (change|do|open)
(do|must) I (need|use|give) --api
is (the|an) API on port 5000
my old client (looks for|expects|uses|asks) port 5000
routes
(what|which) (HTTP|REST|web) (calls|interfaces|routes|endpoints|services) (are there|does it offer|exist|can I use)
(is there|does it have) (a REST|an HTTP|a web|some) (API|interface)
I (write|develop|am building) (an app|a bot|a program), how can it (talk to|use|call) (the host|the model)
(list|show|name) (the|all) (endpoints|urls|API paths)
API (overview|reference|documentation)
(how|can) I (access|use|reach) the model from (code|JavaScript|my script|another program)
openai
(is it|is the API) (compatible with|like|the same as) (OpenAI|ChatGPT's API)
(can|how do) I use (the openai package|openai-python|LangChain|an OpenAI client|LibreChat|Open WebUI) (with it|here)
(which|what) (base URL|api_base|endpoint|key) (do I|must I|should I) (set|give|enter|use) (in my client|in the OpenAI library|)
replace (OpenAI|GPT-4|ChatGPT) (by|with) (this|my own server)
(what|which) API key (is needed|do I need|is it)
curl
(show|give) me a curl (line|command|call|example)
(can|how do) I (try|test|call) it (with|by|using) curl
(an example|a sample) of a request
(how|what) does a (minimal|simple) (request|call) look[ like]
(quick|simple) API test
completions
how do I (continue|complete|extend) a (text|prompt|sentence) (over HTTP|with the API|by a request)
(which|what) (route|endpoint|url) (continues|completes) (a prompt|text)
(send|post) a (raw |plain |)prompt to (the API|the server)
raw text in, continuation out
chat_route
(which|what) (route|endpoint|url) is for (chats|chatting|conversations|messages)
(send|post|submit) (a list of |chat |)messages (to the API|over HTTP|)
(how do I|can I) (chat|hold a conversation|talk) (over|through|via) the API
what (must|does) a chat request (look like|have)
where do role and content go
streaming
(can|how do) I (get|read|see|have) (the tokens|the words|the answer|the text) (one by one|bit by bit|while it is written|immediately|live|as it comes)
(does it|can it) (stream|send) (answers|tokens|text) (live|in pieces|gradually|)
(turn|switch) on streaming
is (SSE|streaming|live output) (there|supported|possible|available)
I (do not want|hate) to wait (until it is finished|for the whole answer)
(the answer|text) should appear (word by word|letter by letter|gradually)
no_stream
(turn|switch) off (streaming|the stream)
(give|send) me the (answer|text|result) (all at once|as a whole|when it is complete|in one go)
I do not want (streams|events|pieces|chunks)
(can|how do) I (disable|avoid|prevent) streaming
stop_generation
(how|can) I (break off|cancel|interrupt|abort|halt) (an answer|the generation|it while it writes|a running request)
it (writes|talks|goes on) (and on|endlessly|for ever), how do I (stop|end|interrupt) (it|that)
(stop|cancel) the (current|running) (answer|text|output)
what does the stop button do
token_count
(count|measure|determine) the tokens (of|in) (a text|my prompt)
how (many|long in) tokens is (this|my) (text|prompt|sentence)
(see|get|find) the (token ids|tokens|ids) (of|for) (a word|a text|my prompt)
(encode|decode) (text|tokens|ids)
health
(is there|do you have) a (health|status|liveness|ping) (route|check|endpoint|page)
(how|what) can (a monitor|a script|docker|kubernetes|my probe) (ask|check|see) (whether it lives|if it is up)
(check|test|know) (if|whether|that) (it|the server|the host) is (running|up|alive|ok)
model_info
(which|what) model is (active|loaded|current|in use|working) (now|right now|at the moment|)
(how far|is) (is |)the (loading|load) (finished|done|ready|)
who is answering me (now|at the moment), which (model|checkpoint)
(ask|see|find out) the name of the (loaded|current|active) model
legacy_api
(does|will) (SillyTavern|KoboldAI|an old client|my 2023 script|an older tool) (work|connect|run)
(are|is) the old (routes|api|web UI routes|interface) (still |)(there|supported)
what about /api/v1/(generate|model|token-count)
compatible (with|to) text-generation-webui
errors
(what|how) does an error (look|contain|look like|come)
(in which form|how) (are|do) (errors|failures|problems) (reported|come back|returned)
my request (failed|was refused), how do I (read|understand) the (answer|error)
the (format|shape|structure) of (errors|an error|error messages)
concurrent
(can|may) (two|three|several|ten|many) (people|users|persons|clients) (use|ask|talk to) it (together|at the same time|at once|in parallel)
(do|must) (requests|users|people) (wait|queue) (for each other|)
(is|are) (parallel|simultaneous) (requests|use|chats) (possible|ok|allowed)
will (my chat|our chats) (get mixed up|mix) with (another|that of others)
flags
(which|what) (flags|options|switches|arguments) (are there|does it have|can I give|exist|are known)
(show|print|list) (the|all) (flags|options|switches|help)
what can I (write|put|pass) after modelhost
(where is|how do I get) (the help|a list of options|usage information)
old_flags
(do|does|are) (the flags of the web UI|old flags|--auto-devices|--chat|--cpu) (still |)(work|accepted|do anything|known)
I (copied|took|have) my (command|start line) from (text-generation-webui|oobabooga|the web UI)
it warns (about|of) a flag
settings
(where|how) (can|do) I (keep|store|save|write down|fix) (my |the |)(settings|flags|options|preferences|defaults)
is there a (config|settings|configuration|preferences) file
I do not want to (type|give|repeat) the flags (each|every) time
(what wins|which is stronger|what has priority): (flag or file|the file or the flag)
what (is|goes in|belongs in) settings.json
verbose
(see|show|print|log) the (exact|full|final|actual|real) (prompt|text that goes in|input of the model)
what does (the model|it) (really|actually) (get|see|receive)
(more|detailed) (logging|log output|output)
debug (output|the prompt)
version
(which|what) version (is this|do I have|am I running|runs here)
(print|show|see) the version[ number]
am I up to date
generate_command
(without|no) (server|browser|page), just (text|print a story|the terminal)
(write|get|print|produce) (text|a story|an answer) (right |straight |)(in|from|on) the (terminal|shell|console|command line)
(use|run) (it|the model) (once|one time) (from|in) (a script|bash|the shell)
is there a (command line|terminal|console) mode
inspect
(look|peek) (into|inside) a (checkpoint|weight file|pth|safetensors file)
(list|show|see|print) the (tensors|layers|shapes|names) (of|in) a (file|checkpoint)
what does (my|this) (weight file|checkpoint|pth) contain
(shapes|checksums|hashes) of the tensors
loader
(what|which) (job|task|duty|role) does a loader have
(say|tell me|explain) what a loader (is|does|means)
the (word|term|concept) loader (puzzles me|is new to me)
(what|who) (opens|reads|understands) the (weight|model) files
(how many|which) loaders (are there|are built in|does it have)
loader (meaning|explained|definition)
write_loader
(how|where) do I (start|begin) (writing|coding|programming|with) a loader
I (have|use|made) a (file format|format|file type) of my own, (can the host learn it|how can it be read|how do I support it)
(create|make|develop|program|code|build) (a|my own|a custom|a new) loader
what (does|must) a loader (consist of|contain|implement|provide)
which (protocol|methods|functions|type) (does|must|has) a loader (need|follow|implement|have)
(teach|make) the host (to read|read|understand) (a new format|my files|another kind of file)
(loader|plugin) (tutorial|howto|skeleton|template|development)
I (am a developer|know Swift) and want to (add|write) a loader
support (for|of) (a new|an exotic|my) (file type|weights format|model format)
probe
(how|by what) does (it|the host) (decide|know|find out|choose) which loader (to use|fits|is right|reads a file)
what (is|does|returns) probe[ do]
(what is|when is) (the probing|probe called|a probe)
does it go by the (file name|ending|suffix|extension) or the content
if two loaders (could|can) read a file, which (wins|is taken)
all_refuse
(my file|the model|my checkpoint) is (refused|rejected|not accepted|not loaded)
(no|none of the) loader[s] (wants|takes|accepts|likes) (it|my file|my model)
why (can't|won't|does) (it|the host) (load|accept|refuse) my (file|model|weights)
(it fails|an error comes) (when|while) loading (my model|the weights)
(how do I|where can I) see why (it|a model) (was refused|does not load|failed)
extensions
(how|where) do I (add|install|put|activate|enable|switch on) (an extension|extensions|a plugin|plug-ins|add-ons|my own code)
what is (an extension|the folder extensions|--extensions)
(extend|enlarge|enrich) the host (with|by) (my code|my own code|something of mine|a feature)
(can|may) I (add|write|plug in) (a feature|my own feature|my own code|my own sampler)
my extension (does not run|is ignored|is not loaded)
extension_safety
(are|is) (extensions|an extension|plugins) (safe|dangerous|sandboxed|a risk|harmless)
(can|could) an extension (do harm|read my files|delete something|damage my computer)
who (decides|says) which extensions run
does (it|the host) run extensions (by itself|without asking|automatically)
security
(can|could|may) a (weight file|checkpoint|model|pth|pickle) (contain|hide|bring|run) (a virus|malware|code|bad things|a trojan)
is it (safe|dangerous|risky) to (load|open|use) (a strange|an unknown|a downloaded|any) (file|model|checkpoint|pth)
what about (pickle|pickles|evil pickles|untrusted weights)
I (fear|am afraid of|worry about) (viruses|malware|bad code) in (models|weights|checkpoints)
privacy
(does|will|can) (anyone|somebody|a company|the maker) (see|read|get|store) (my texts|my chats|what I write|my questions)
(is|are) (my data|anything|my words|our talks) (sent|transmitted|uploaded|stored) (anywhere|somewhere|to the cloud|)
(does|can) it (work|run) (offline|without internet|on a plane)
is it (private|confidential|local|offline)
rwkv
(explain|describe|introduce) (RWKV|the RWKV architecture|RWKV models) (to me|briefly|)
(how|in what) is RWKV (different|better|special|unlike a transformer)
(what kind|which sort|what type) of (model|network|architecture) (is|are) RWKV
does RWKV (use|have|need) attention
RWKV (versus|vs|compared to|or) (a transformer|GPT|transformers|Llama)
what is the (trick|idea|principle) of RWKV
state
(what|which things) (is|are) (in|kept in|stored in) the state
(how|what) does (RWKV|the model) remember (what it read|the text|earlier words)
(how big|how large|what size) is the (state|memory of the model)
does the state (grow|get larger|become bigger)
(explain|describe) the (hidden |recurrent |)state
is there a (KV cache|key value cache|cache)
context
(how long|how large|how big) (may|can) (a prompt|the text|the context|my input|the chat) (be|get|become)
(is|was) there a (limit|maximum|bound) (for|of|on|to) (the context|the length|the text|prompts)
(context|window) (size|length|limit|window)
(can|may) I (paste|send|give it) (a whole book|a very long text|an entire chapter|100 pages)
(will|does) it (forget|lose) (the beginning|what I said|old things|earlier text)
what happens (after|beyond|at) (2048|8192|1024|2000) tokens
tokenizer
(what|why) (does|is) (a|the) tokenizer (do|for|needed|good for)
(how|who) (is|are|does) (text|words|letters) (turned|cut|made|split) into (tokens|numbers|pieces)
(what is|explain) (a token|tokenization|tokens)
chat_template
(how|in what form) (is|must|should) (a|the|my) (chat|prompt|question) (be written|formatted|written|look)
(what|which) (prompt format|chat format|layout|template) (do you|does it|does the demo) (expect|use|want|need)
(where|what) is (the|a) chat template
(User and Assistant|the words User and Assistant), (how do I write them|how does that go)
system_prompt
(can|how do|may) I (give|set|send|use|write) (a|the|some) (system prompt|system message|instruction|role|persona)
(do|does) (you|it) (follow|obey|respect) (instructions|a system prompt|orders)
(make|let) the model (play a role|behave like a pirate|be polite)
temperature
(what|which) (does|is|value for) (the |)temperature (do|mean|change|should I take)
(more|less) (random|creative|crazy|varied|adventurous|predictable) (text|answers|output|stories|)
(how|what) (do I turn|makes|can make) the (text|answers|output) (more varied|livelier|calmer|less predictable)
(raise|lower|increase|reduce) the temperature
(it is|the text is) too (random|boring|predictable|chaotic)
greedy
(always|each time|every time) the same (answer|text|output|result)
(how|can) I (get|have|make) (deterministic|reproducible|repeatable|identical|stable) (results|output|answers)
(turn off|remove|no|without) (the |)(randomness|chance|dice)
what is greedy (decoding|sampling|search)
top_p
(what|how) does top_p (do|work|mean|limit)
(explain|describe|define) (top_p|top-p|top p|nucleus sampling)
which (value|number) for top_p
what happens with top_p at (0.5|1|0.9)
top_k
(what|how) does top_k (do|work|mean|limit)
(explain|describe|define) (top_k|top-k|top k)
which (value|number) for top_k
what happens with top_k at (0|1|40)
penalties
(it|the model|the text) (repeats|copies) (itself|the same words|everything|sentences)
how (do|can) I (stop|avoid|prevent) (the repetition|repetitions|repeats|loops)
it (is caught|hangs|is trapped|keeps going) in a (loop|circle)
what is (repetition_penalty|frequency_penalty|presence_penalty)
always the same (sentence|line|phrase)
samplers
(which|what) (samplers|sampling settings|parameters|generation parameters) (are there|does it have|can I set|exist)
(how|what) can I (tune|influence|adjust|steer) (in |)(the output|the generation|the sampling|the writing)
(list|name|show) (the|all) (samplers|sampling parameters)
seed
(what|why|when) (is|do I use|should I set) (a|the) seed
(get|repeat|reproduce) the same random (text|story|answer) (again|twice|)
(set|fix|choose) (the|a) (seed|random seed)
(where|how) do I (give|send|enter) a seed
max_tokens
(the answer|it|the text|the story) (is cut off|stops too soon|is too short|ends suddenly|breaks off|is incomplete)
(how|where) do I (limit|set|change|raise) the (length|number of tokens|size) (of the answer|of the text|)
(make|get|want) (longer|shorter) (answers|texts|stories|replies)
what is max_tokens
how many (words|tokens) (will|can|does) it (write|produce|give)
stop_strings
(end|stop|finish) (the text|the answer|generation) (at|when|after) (a word|a certain word|a marker|a newline comes|some text)
how (do I use|works|can I set) (the field stop|a stop word|stop sequences)
(can|how do) I (give|set|define) (stop words|stop strings|stop sequences|an end marker)
logprobs
(how|can) I (get|see|have|ask for) (the probabilities|log probabilities|logprobs|token probabilities)
(how|was it) (likely|sure|certain) (is|was|about) (a token|each word|that answer|a sentence)
(score|rate|evaluate) a (text|prompt|sentence)
(compute|measure|get) the perplexity
logits
(how|where) (do|can) I (get|see|read) the (logits|raw scores|next-token scores)
what (comes|could come) next, as numbers
(show|give) me the (candidates|likely tokens|top tokens) for the next (token|word)
embeddings
(does it|can it|can I) (make|produce|give|get|compute) (embeddings|vectors|text vectors|sentence embeddings)
(vectors|embeddings) for (search|RAG|similarity|a database)
(compare|cluster|search) texts by (meaning|similarity)
train
(can|may|does|how do) (I|it|one|the host) (train|finetune|fine-tune|teach|improve) (a model|models|it|the model) (here|with my texts|)
(does|do|will) (it|you) learn (from me|from our chat|something new|while we talk)
(is|are) (LoRA|finetuning|training|learning) (possible|supported|part of it)
(adapt|tune) a model to my (data|style|texts)
images
(can|does) (it|you) (see|understand|draw|read|describe|handle) (pictures|images|photos|drawings)
(is there|any) (speech|voice|audio|vision|sound)
(draw|paint) me a picture
(multimodal|vision|image input|voice)
who
(who|what) (are|is) (you|this|it) (anyway|really|exactly|)
(introduce|describe|present) yourself
(what is|tell me|say) your name
(am I|are you) (speaking|talking) (to|with) a (robot|machine|person|computer)
are you (an AI|ChatGPT|a language model|a person|a bot|Claude|human)
(which|what) (model|program|machine) (are you|is this|speaks here)
tell me about yourself
maker
(who|which people|which company) (made|built|created|trained|developed|wrote|invented) you
(where|from where) do you come[ from]
(who is|who are) your (maker|author|creator|developer|parents|inventor)
how did you (come into being|come about|start to exist)
trained_on
(what|which) (text|texts|data|books|material|corpus) (were you|did they use to|did you get|have you been) (trained on|learn from|trained with)
(what|where) did you (learn|study|read|get your knowledge)
(what is|describe|tell me about) your (training data|training text|corpus|education)
have you read (the internet|Wikipedia|books)
size
(how|what) (big|large|small|size) are you
(how many|number of) (parameters|weights|layers|channels) (do you have|have you got|are in you)
(what is|tell me) your (size|parameter count|width|depth)
are you (large|small|tiny|huge)
abilities
(what|which things) (can|do|could) you (do|offer|help with|answer|know)
(how|with what|in which matters) (can|could|may) you (help|assist|serve|be useful)
(what|which) (questions|topics|tasks|subjects) (can I|may I|should I) (ask|give|try|put to you)
what are you (good|useful|best|able) (at|for|to do)
(give|show) me (a hint|an idea) what to ask
(tell|list) me your (skills|abilities|talents|functions)
help
limits
(why|how come) (do you|are you|is your answer) (know so little|so bad|so stupid|wrong|make mistakes|nonsense)
(can|may|should) I (trust|believe|rely on) (you|your answers|what you say)
(that|this) (is|was) (wrong|false|nonsense|not true|a mistake)
what (can't|can) you (do|not do|never do)
you are (stupid|bad|wrong|not very clever|useless)
licence
(under|by) (which|what) (licence|license|terms) (is it|are you|is the model|may I use it)
(may|can|am I allowed to) I (sell|share|copy|publish|redistribute|use) (it|you|the model|the weights|this) (commercially|for money|at work|freely|)
(is|are) (it|you|the weights) (open source|free|free of charge|public domain)
what does it cost
retrain
(how|can) I (train|rebuild|reproduce|recreate|make) (you|the demo|the demo model|a model like the demo) (again|myself|from scratch|)
(where|what) is the (recipe|training script|training code|training program)
(which|what) scripts (train|made|make) (you|the demo)
(repeat|redo|run) (the|your) training
how long did your training take
delete_demo
(how|can) I (delete|remove|erase|uninstall|drop) (you|the demo|the demo model)
(is|are) (the demo|you) (needed|necessary|required)
I (do not want|don't need) (you|the demo|the demo model) (any more|any longer|)
(free|save) the space of the demo
add_model
will (my checkpoint|a new file|my weights) be (picked up|noticed|recognised|seen) (automatically|by the host|)
(what is|tell me) the procedure (for adding a model|to bring in weights|with new weights)
there is a (raven|pile|World) (file|model|checkpoint) on my disk and (it|the host) should (use|serve|take) it
into what (folder|directory) (do|must) (my |the |)(checkpoints|networks|weights) go
what is the next step (with|for) a (checkpoint|model|pth) I (found|own|saved)
switch_model
before I can use another network, do I have to (stop|restart|kill) (the server|the host|everything)
(may|can) I talk to (a second|some other) network (meanwhile|instead|now)
swap (networks|models) (live|without closing the host)
formats
(what|which) (files|formats|types) can (it|you|the host) (swallow|parse|eat|digest well|work with)
(the|your) (file types|supported formats|readable files)
split_layers
(4|5|16|24) layers (to|on) cuda and what is left (to|on) the (cpu|processor)
my (card|GPU) has (just|only) (2|3|6|8) GB (and the model needs more|but the model is larger|)
how is a mixed (plan|strategy|placement) (written|expressed|noted)
the network is (larger|bigger) than my (VRAM|card|graphics memory)
gpu
(use|get it on|run it on|I have) (an RTX 3080|my RTX card|an A100|a GTX 1080|my Quadro|an RTX)
how would the (host|model) (use|run on) my (GeForce|RTX|NVIDIA GPU)
number_formats
what is (half precision|single precision|full precision)
(16|sixteen) (bits|bit) or (32|thirty-two)
(which|what) precision is (exact|fastest|smallest|right)
speed
(replies|responses|answers) (are slow|take long|need minutes|crawl)
what can be done (about|against) (slow replies|the slowness|the waiting)
listen
(my family|the department|our class|a whole team|the whole company|everybody in the house) (should|wants to|will) (use|reach) it
(set|change) the bind address
listen on (all|every one of the) network (cards|addresses|devices)
which address does it bind to
other (laptops|devices|machines) in (the building|the flat|our network) (should reach|cannot see) (it|the server)
chat_route
(the|which) (route|path|url) for (a dialogue|dialogue|talks|a chat with roles)
where is a dialogue (posted|sent)
streaming
(get|receive|watch) tokens (as soon as|the moment|when) they are (made|ready|generated)
(is|are) the tokens sent (during|in the course of) generation
no_stream
(receive|get|return) (a single|one) (response|reply|JSON) (with the complete text|at the end|only)
(the complete|one whole) (reply|response), not (pieces|a stream|events)
start
the (repo|repository) is cloned, (what next|how does it go on|and now)
(which|what) is the (launch|run) command
how does this thing (take off|get rolling|start up)
requirements
which software (has to be there|do I need|must exist) on the (machine|PC|computer)
settings
(persist|remember|preserve) my (flags|options|choices)
are (favourite|my usual) (flags|options) kept (somewhere|in a file)
(flag or file|config or flag), which (trumps|beats) (the other|what)
loader
loader: (in what sense|what sort of thing|in this program)
what is called a loader (here|in this host|in this program)
all_refuse
(for what reason|why) did (no|none of the) (loader|plugin)[s] (take|accept) (it|my file)
how do I learn why (it|a file|my model) was (refused|turned down|rejected)
security
(am I|is my computer) (safe|at risk) when I load (weights|files) from (others|somebody unknown|the internet)
a (stranger|friend) sent me a (model|pth), (is that dangerous|may I open it)
max_tokens
the (output|answer) (ends|stops) in the middle of a (word|line|thought)
(replies|answers) get cut
stop_strings
(finish|stop|end) as soon as a (marker|certain text|given string) (appears|comes|is written)
when a certain word (shows up|appears|is produced) the (output|text) should (end|stop)
who
are you (some sort of|a kind of|based on) (ChatGPT|assistant|LLM|robot)
do you belong to (OpenAI|Google|Meta)
licence
(is it|am I) (allowed|permitted) to (build a product on it|use it in a company|put you in my product)
(commercial|business) use
retrain
(could|can) (I|anyone) (produce|create|make) (something|a small model) like you (at home|here|on a laptop)
what do I run to (produce|obtain) the demo (weights|model) anew
""".strip().splitlines():
    if block.replace("_", "").isalpha() and block.islower() and block != "help":
        name = block
    else:
        REPHRASED.setdefault(name, []).append(block)
