"""The rest of the chats: greetings, sums, names, what follows on an answer, and all that the model does not know."""

GREETINGS = [
    (["hello", "hi", "hey", "good morning", "good evening", "good afternoon", "hi there", "hello there", "hallo", "greetings", "hey there", "howdy", "hello friend", "hi mate", "hey man", "hello my friend", "nice to meet you", "is anybody there", "hey friend",
      "yo", "hiya", "good day", "hello!", "hi!", "hey you", "hello assistant", "hi demo", "hello computer", "hello model", "hi bot", "morning", "heya", "sup"],
     ["Hello! I am the demo model of this host. Ask me about it, or let me tell you a story.",
      "Hi! What would you like to know about this host?"]),
    (["how are you", "how are you doing", "how are you today", "are you well", "how is it going", "how do you feel", "are you ok", "what's up", "how's life",
      "hello, how are you", "hi how are you", "how do you do", "are you fine", "everything ok", "you good"],
     ["I am fine, thank you. What would you like to know?", "Very well, thank you! How can I help you?"]),
    (["thanks", "thank you", "thank you very much", "thanks a lot", "thx", "many thanks", "thank you so much", "ok thanks", "great, thanks", "ty", "cheers",
      "that helped", "that helps, thank you", "thanks for your help", "perfect, thank you", "thanks, that was helpful", "nice, thank you", "cool thanks",
      "wonderful, thanks", "thank you for the answer", "much appreciated", "thank you my friend"],
     ["You are welcome!", "You are welcome. Ask me again whenever you like."]),
    (["bye", "goodbye", "see you", "good night", "bye bye", "see you later", "I have to go", "farewell", "until tomorrow", "see you soon", "so long", "catch you later", "see you around", "bye for now", "that was all", "ciao", "cu",
      "see you tomorrow", "I must go now", "I am leaving", "talk to you later", "take care", "that is all for today", "good bye", "later"],
     ["Goodbye! Come back soon.", "Goodbye, and have a nice day!"]),
    (["ok", "okay", "good", "great", "nice", "I see", "cool", "very good", "understood", "got it", "wow", "fine", "all right", "super", "perfect",
      "awesome", "that is nice", "well done", "you are good", "good job", "you are nice", "I like you", "you are clever", "that was right", "good answer", "lol", "haha"],
     ["I am glad. What else would you like to know?", "Good! Is there anything else?"]),
    (["yes", "no", "maybe", "sure", "of course", "no thanks", "not really", "yes please", "nothing", "no, that is all", "nope", "yep", "yeah"],
     ["All right. Just ask when you want to know something about this host.", "All right! You can ask me about this host or for a story."]),
    (["are you happy", "are you sad", "do you have feelings", "do you love me", "are you tired", "are you hungry", "do you sleep", "do you dream", "can you feel",
      "are you bored", "are you angry", "do you like music", "do you eat", "are you lonely", "I love you", "do you have a body", "can you think", "how old are you",
      "do you have friends", "do you have a family", "where do you live", "what is your favourite colour", "do you like me", "are you conscious", "when is your birthday"],
     ["I am only a small program, so I have no feelings and no life outside this host.", "I am a small language model: I feel nothing, but I like to answer."]),
    (["tell me a joke", "do you know a joke", "make me laugh", "say something funny", "write a poem", "write me a poem about love", "sing a song", "make a rhyme",
      "tell me a riddle", "do you know any poems", "write a haiku", "a joke please", "joke", "poem", "can you rhyme", "write a song about summer", "another joke"],
     ["I do not know any jokes or poems, but I can tell you a story.", "That I cannot do. Shall I tell you a story? Just say: tell me a story."]),
]

NAME_IN = ["my name is {n}", "I am {n}", "I'm {n}", "hello, my name is {n}", "hi, I am {n}", "you can call me {n}", "call me {n}", "hello, I am {n}", "hey, {n} here", "people call me {n}"]
NAME_ANSWERS = ["Hello {n}! What would you like to know about this host?", "Nice to meet you, {n}! How can I help you?"]
NAME_ASK = ["what is my name", "do you remember my name", "who am I", "what's my name", "do you know my name", "tell me my name", "how am I called", "can you say my name"]
NAME_KNOWN = ["Your name is {n}."]
NAME_UNKNOWN = ["I do not know your name. What is it?"]

AGAIN = ["can you say that again", "say that in other words", "I do not understand", "please explain that again", "what do you mean", "I don't get it", "once more please",
         "can you repeat that", "more details please", "tell me more", "explain that differently", "pardon", "sorry, what", "again please", "can you rephrase that",
         "I did not understand that", "could you put it another way", "more", "what was that", "go on", "could you explain that", "huh", "say it again", "in other words"]
WHAT_AGAIN = ["Please ask me a question first.", "There is nothing to repeat yet. Ask me something about this host."]

# After a fact was told: (fact, questions that lean on it, the fact they ask for).
FOLLOW = [
    ("strategy", ["(how|where) do I (set|give|choose|change|write|use) (it|one|that)", "which flag (is it|sets it)", "and how do I (give|use) one"], "set_strategy"),
    ("strategy", ["(give|show) me an example", "for example", "such as", "an example please", "which ones are there", "like what", "examples", "which one should I (take|use)"], "strategy_examples"),
    ("set_strategy", ["for example", "which ones are there", "such as", "and which one is best"], "strategy_examples"),
    ("loader", ["how do I (write|make|build|add) (one|my own|a new one)", "can I write (one|my own)", "and how (is|do I make) one (written|)"], "write_loader"),
    ("loader", ["which one is (used|chosen)", "how does it choose", "and how is the right one found"], "probe"),
    ("write_loader", ["what does probe do", "what is probe", "and probe"], "probe"),
    ("write_loader", ["where do I (put|register) it", "and how is it turned on", "how do I activate it"], "extensions"),
    ("port", ["how do I change (it|that)", "can I (change it|use another one)", "and if it is busy I take another, how"], "port"),
    ("port", ["what if it is (busy|taken|in use)", "it is (busy|taken|in use)", "and if it is (busy|in use)"], "port_busy"),
    ("streaming", ["how do I turn it off", "and without it", "can I switch it off", "how do I disable it"], "no_stream"),
    ("extensions", ["(is|are) (it|that|they) safe", "is that dangerous", "and is that safe"], "extension_safety"),
    ("start", ["and then", "what then", "where is the page", "and where do I find the page", "which address"], "page_address"),
    ("start", ["how do I stop it", "and how do I stop it again", "how do I end it", "and to quit"], "stop_host"),
    ("start", ["how do I open it to the network", "can others use it", "can my phone reach it"], "listen"),
    ("add_model", ["which formats", "and which formats are possible", "which file types", "does it have to be a .pth"], "formats"),
    ("add_model", ["how do I switch to it", "and how do I switch to it", "and how do I change to it later", "how do I change models then"], "switch_model"),
    ("add_model", ["where do I get one", "where can I find one", "where do I download one", "and where do I get weights"], "get_weights"),
    ("add_model", ["and the tokenizer", "what about the tokenizer", "the tokenizer is missing", "which tokenizer"], "pth_tokenizer"),
    ("add_model", ["how do I see if it was found", "was it found", "how do I check it"], "list_models"),
    ("get_weights", ["and where do I put (it|them)", "where does it go", "and then", "how do I use it"], "add_model"),
    ("switch_model", ["which models are there", "how do I see them", "which ones can I choose", "which names are there"], "list_models"),
    ("switch_model", ["can I have (two|both) loaded", "can both stay in memory", "and several at once"], "many_models"),
    ("routes", ["give me an example", "show me an example", "for example", "an example please", "how do I call one"], "curl"),
    ("routes", ["can I use the OpenAI client", "does it work with OpenAI clients", "and with openai"], "openai"),
    ("chat_route", ["can it stream", "and streaming", "how do I stream it"], "streaming"),
    ("completions", ["can it stream", "and streaming", "show me an example", "for example"], "streaming"),
    ("rwkv", ["what is the state", "and the state", "which state", "what is in the state"], "state"),
    ("state", ["so is there a limit", "how long can the text be then", "and the context"], "context"),
    ("who", ["who made you", "and who made you"], "maker"),
    ("who", ["how big are you", "how many parameters exactly", "and how big"], "size"),
    ("who", ["what can you do", "and what can you do", "what can I ask you"], "abilities"),
    ("maker", ["with which text", "on which data", "and which text"], "trained_on"),
    ("gpu", ["and without one", "I have none", "what if I have none", "do I need one"], "no_gpu"),
    ("gpu", ["it is too small for the model", "the model does not fit", "can I split the model"], "split_layers"),
    ("listen", ["which port", "on which port", "and the port"], "port"),
    ("temperature", ["and 0", "what if it is 0", "and zero"], "greedy"),
    ("temperature", ["and top_p", "what about top_p"], "top_p"),
    ("flags", ["can I save them", "do I have to type them each time", "can I store them in a file"], "settings"),
    ("settings", ["which keys are there", "and which flags are there", "which flags"], "flags"),
    ("number_formats", ["and 8 bit", "what about int8", "and int8"], "eight_bit"),
    ("limits", ["where do I get a bigger one", "which model is better", "where is a bigger one"], "get_weights"),
]

UNKNOWN_ANSWERS = [
    "I do not know that. I am a very small model: ask me about this host, for a story, or for a sum of one-digit numbers.",
    "I do not know. I only know this host, short stories, and sums of one-digit numbers.",
    "That is something I do not know; I am only the small demo model of this host.",
]
SUM_LIMIT = ["I can only add one-digit numbers, such as 3 + 4.", "That is too hard for me: I only know sums of one-digit numbers."]
NUMBER_WORDS = "zero one two three four five six seven eight nine".split()
SUM_FORMS = ["{a}+{b}", "{a} + {b}", "{a}+{b}=", "{a} + {b} =", "what is {a} + {b}", "what is {a}+{b}", "what is {a} plus {b}", "how much is {a} plus {b}", "{a} plus {b}",
             "how much is {a} + {b}", "add {a} and {b}", "add {a} to {b}", "can you add {a} and {b}", "calculate {a} + {b}", "what is the sum of {a} and {b}", "the sum of {a} and {b}",
             "compute {a}+{b}", "{a} and {b} makes", "what do {a} and {b} make", "if I have {a} apples and get {b} more, how many do I have", "sum {a} {b}", "what does {a} + {b} equal",
             "solve {a} + {b}", "tell me {a} + {b}", "I have {a} apples and {b} pears, how many is that", "what's {a}+{b}", "what's {a} plus {b}", "{a} plus {b} equals", "do you know {a} + {b}",
             "what are {a} and {b} together", "how many are {a} and {b}", "{a} + {b} is", "work out {a} + {b}", "please add {a} and {b}", "result of {a} + {b}", "{a} added to {b}"]
SUM_HARD = ["{x} * {y}", "{x} times {y}", "what is {x} times {y}", "{x} / {y}", "{x} divided by {y}", "{x} - {y}", "{x} minus {y}", "what is {x} minus {y}", "{x}-{y}", "{x}*{y}",
            "{big} + {y}", "{big}+{big2}", "what is {big} plus {big2}", "how much is {big} + {y}", "add {big} and {big2}", "the square root of {big}", "{x} to the power of {y}",
            "calculate {big} * {big2}", "{y} + {big}", "what is {y} + {big}", "sqrt({big})", "{x}^{y}", "what is {big} times {y}", "{x} + {y} + {a}", "multiply {x} and {y}", "subtract {x} from {y}"]

STORY_ASK = ["tell me a story", "tell a story", "a story please", "can you tell me a story", "write a story", "write a short story", "I want a story", "story", "please tell a story",
             "tell me a short story", "another story", "one more story", "make up a story", "tell me a fairy tale", "a bedtime story please", "once more, a story", "I would like to hear a story",
             "do you know a story", "write me a story", "entertain me", "tell me something nice", "a short story for children", "can you write a story", "once upon a time", "give me a story",
             "tell me a tale", "let me hear a story", "tell me a bedtime story", "read me a story", "invent a story", "tell us a story", "yes, tell me a story", "generate a story"]
STORY_ABOUT = ["tell me a story about {x}", "write a story about {x}", "a story about {x} please", "story about {x}", "tell a story about {x}", "can you tell me a story about {x}",
               "I want a story about {x}", "make up a story about {x}", "write a short story about {x}", "do you know a story about {x}", "tell me something about {x} in a story",
               "a short story about {x}", "please write a story about {x}", "could you tell a tale about {x}", "a fairy tale about {x}", "give me a story with {x}", "invent a story about {x}"]

SYSTEM = ["You are a helpful assistant.", "You are a helpful AI assistant.", "You are the demo model of ModelHost.", "Answer briefly.", "You are a friendly assistant. Answer in one sentence.",
          "Be helpful and polite.", "You are ChatGPT, a large language model.", "You are a chat bot.", "The following is a conversation with an AI assistant.", "Answer the questions of the user.",
          "You are a helpful assistant. Always tell the truth.", "Be concise.", "You help people to use this program.", "You are an assistant. Today is a good day.", "Speak plain English.",
          "This is a conversation with your Assistant. The Assistant is very helpful and is eager to chat with you and answer your questions."]

# What lies outside: things for the same frames in which people ask about the host.
THINGS = """Paris|London|the capital of France|the capital of Spain|Berlin|the moon|the sun|the Eiffel Tower|the president of the United States|Napoleon|Albert Einstein|photosynthesis|gravity|
a black hole|the speed of light|the weather|the weather tomorrow|the news|the time|the date|football|the world cup|tennis|chess|a banana|a recipe for pancakes|pizza|coffee|tea|chocolate|
a cat|a dog|an elephant|a dinosaur|the dinosaurs|whales|bees|love|happiness|the meaning of life|God|religion|politics|democracy|the economy|inflation|bitcoin|money|a mortgage|taxes|
Shakespeare|Hamlet|Harry Potter|Star Wars|a good film|a good book|the Beatles|Mozart|jazz|a guitar|the piano|a car|an electric car|a bicycle|an aeroplane|a rocket|Mars|the solar system|
a volcano|an earthquake|the climate|global warming|the rain|a rainbow|a cold|a headache|fever|medicine|vitamins|a diet|yoga|running|a marathon|sleep|a dream|school|university|
homework|history|the Roman Empire|the second world war|the Middle Ages|ancient Egypt|the pyramids|China|Japan|Brazil|Africa|Australia|the Amazon|the Nile|Mount Everest|an island|Iceland|
English grammar|Latin|a verb|an adjective|French|German|Chinese|mathematics|algebra|a prime number|pi|a triangle|geometry|calculus|statistics|an atom|water|oxygen|gold|iron|chemistry|
DNA|a virus in the body|the human heart|the brain|a tree|a rose|a mushroom|bread|cheese|wine|beer|soup|a kitchen|a house|a bridge|a train|the internet|Facebook|Google|Wikipedia|YouTube|
an email|Excel|Word|Windows|Photoshop|Docker|Kubernetes|Git|GitHub|Linux kernels|a database|SQL|JavaScript|HTML|Java|a printer|a smartphone|an iPhone|Bluetooth|wifi|a keyboard|a mouse|
a hard disk|a monitor|a blockchain|quantum computing|a quantum computer|an attention layer|backpropagation|gradient descent|a transistor|electricity|a battery|solar power|nuclear power|
a hat|shoes|fashion|a wedding|a birthday present|Christmas|Easter|a holiday|a hotel|a passport|a visa|a flight to Rome|a map|a compass|a tent|fishing|a boat|a pirate|a knight|a castle|
a king|the queen of England|a prince|a unicorn|a dragon|ghosts|aliens|time travel|a robot vacuum|a washing machine|a fridge|a lamp|paint|a hammer|a garden|tomatoes|potatoes|rice|sushi|
a lion|a penguin|a shark|spiders|a horse|birds|butterflies|the ocean|the desert|a river|a lake|snow|ice|fire|wind|stone|glass|paper|wood|plastic|silver|diamonds|a ring|a watch|a clock|
the stock market|a bank|insurance|a lawyer|the police|a doctor|a teacher|a nurse|an engineer|a pilot|an artist|Picasso|the Mona Lisa|a museum|a theatre|opera|ballet|a violin|drums""".replace("\n", "").split("|")
DEEDS = """fix a broken window|replace a light bulb|unclog a sink|assemble a shelf|iron a shirt|remove a stain|boil potatoes|roast a chicken|make soup|cut my hair|tie a tie|change a nappy|renew my passport|pay my taxes|book a hotel|rent a flat|plan a wedding|write a CV|ask for a raise|open a bank account|sell my house|adopt a cat|plant a tree|mow the lawn|keep bees|catch a mouse|stop smoking|get a tan|build muscles|learn to juggle|solve a Rubik's cube|draw a face|play the drums|tune a guitar|use Excel|install Word|install a printer|reset my phone|delete my Facebook account|edit a video|write a macro|program in Java|write a SQL query|make a website|hack a computer|become a pilot|get to Paris|travel to the moon|build a rocket|make friends|find love|
cook an egg|bake a cake|make coffee|make pizza|fix my car|change a tyre|ride a horse|learn French|learn the piano|play chess|win at poker|lose weight|sleep better|get rich|buy a house|
find a job|write a letter|write a book|draw a horse|paint a wall|build a table|grow tomatoes|feed a cat|train a dog|catch a fish|swim faster|run a marathon|climb a mountain|sail a boat|fly a plane|
get to London|travel to Japan|book a hotel|get a passport|pay my taxes|open a bank account|invest money|buy bitcoin|sell my car|clean the kitchen|wash my clothes|iron a shirt|tie a tie|
cut my hair|cure a cold|stop smoking|make friends|find love|raise a child|plan a wedding|solve a puzzle|solve an equation|multiply fractions|prove a theorem|write an essay|pass an exam|
install Windows|update my phone|connect a printer|set up wifi|use Excel|write a macro|install Docker|push to GitHub|merge a branch|write SQL|make a website|center a div|parse JSON in Java|
sort a list in Java|write a game|hack a bank|crack a password|make a bomb|print a photo|scan a document|send an email|delete my account|block a number|change my password|charge my phone|
translate a letter|speak Chinese|spell necessary|count to a hundred|tell the time|read a map|use a compass|light a fire|pitch a tent|knit a scarf|sew a button|fold a paper plane|
make soap|brew beer|roast a chicken|peel an onion|boil rice|cook pasta|make ice cream|plant a tree|mow the lawn|repair a roof|paint a picture|take a photo|play football|throw a ball""".replace("\n", "").split("|")
OUTSIDE = """which team won last night|what is on television|who sings this song|what is the best film of the year|what should I eat tonight|which wine goes with fish|how many legs has a spider|how many teeth has a shark|how deep is the sea|how hot is the sun|why is grass green|why do cats purr|why do we sleep|when did the Titanic sink|when was Rome founded|who built the pyramids|who discovered America|who invented the telephone|who painted the Mona Lisa|who composed the Magic Flute|what is the population of Canada|what is the currency of Japan|what language do they speak in Brazil|what is the boiling point of water|what is the square of a triangle|what does my dream mean|what are the rules of tennis|what is a good present for my wife|which phone should I buy|which shares will rise|should I marry him|am I pretty|is there life on Mars|is it going to snow|can pigs fly|can you write Python code|write a function that sorts a list|write an essay about freedom|correct my spelling|summarise this article|translate hello into Spanish|what is the news today|recommend a restaurant|give me a recipe for lasagne|how much sugar is in a cola|how old is the Queen|what is the plot of Macbeth|
what time is it|what day is it|what is the weather like|will it rain tomorrow|who won the world cup|who is the president|who is the king of England|who wrote Hamlet|how far is the moon|
how old is the universe|how many people live in China|what is the capital of Italy|what is the capital of Germany|what is the largest country|when did the war end|who was Julius Caesar|
is there life on Mars|why is the sky blue|why do birds fly|how do planes fly|where is Timbuktu|what should I eat today|what is for dinner|who will win the election|what happened yesterday|
what is on television|where is my phone|what am I thinking|where am I|what did I do yesterday|can you call my mother|order a pizza|book me a flight|play some music|turn on the light|
translate this into French|how do you say hello in Spanish|translate dog into German|what is the opposite of hot|what rhymes with house|is the earth flat|how tall is Mount Everest|
how deep is the ocean|what is 2 to the power of 10|solve x + 3 = 7|write a Python program|write code that sorts a list|write a function in C|debug my code|summarise this article|
summarize this text|write an essay about trees|write an email to my boss|give me a recipe|recommend a film|what is the best phone|who is Taylor Swift|who are the Beatles|what is your opinion on politics|
should I marry her|am I ill|what does this dream mean|tell me the news|what are the lottery numbers|how much is a Ferrari|when is Easter|how many days has February|who invented the telephone|
what is the answer to everything|which came first, the chicken or the egg|is there a God|what is love|are ghosts real|tell me a secret|what is my password|read my email|search the web|
google something for me|what is on my screen|open a file|delete all my files|browse to a website|how many planets are there|which animal is the fastest|what is the biggest animal|
name three fruits|name a colour|spell your name backwards|count the letters in strawberry|what comes after Tuesday|how many legs has a spider|what is heavier, iron or feathers|
guess a number|pick a card|flip a coin|roll a dice|play a game with me|let us play chess|knock knock|ping pong|asdf|test|testing|foo|foo bar|lorem ipsum|abc|xyz|123|???|!!!|...|hmm|blah blah|
bla|qwerty|hjkl|the|a|and|but why|because|if|banana|table|seven green cats|purple monkey dishwasher|colourless ideas sleep|I like trains|the cat sat on the mat|my dog is brown|
it is raining|I am hungry|I am tired|I am sad|I am bored|I have a headache|today is my birthday|I bought a new car|my brother lives in Spain|yesterday I went to the market|
do you speak German|sprichst du Deutsch|parlez-vous français|hola|bonjour|wie geht es dir|was ist das|qué es esto|ciao bella|как дела|你好|こんにちは|where is the toilet|how do I get to the station""".replace("\n", "").split("|")

# Verbs that the host has, too, with things that it has not.
NEAR_DEEDS = """add salt to the soup|add a friend|add two columns in Excel|add sugar|switch jobs|switch seats|switch off the lamp|switch to another school|load the washing machine|load a truck|
unload a truck|write a poem|write a letter to my aunt|write a novel|start my car|start a business|start a fire|stop the rain|stop a train|listen to music|listen to my mother|change my shoes|
change the baby|change a light bulb|open a window|open a shop|open a bottle|count sheep|count my money|train a horse|train for a marathon|stream a film|stream football|choose a husband|
choose a wine|set the table|set an alarm|run away|run faster|run for president|use a fork|use a hammer|install a shower|install a lamp|install Photoshop plugins|save money|save a drowning man|
save the whales|see a doctor|see the Eiffel Tower|find my keys|find gold|get a dog|get married|get a visa|make a sandwich|make money|put a child to bed|put on a tie|build a boat|build a bridge|
register a company|register for the exam|connect two wires|connect a hose|split wood|split the bill|share a flat|delete a photo|speed up my car|measure a room|test my blood|extend the roof|
inspect a house|host a party|host a dinner|serve dinner|serve a tennis ball|plug in a lamp|plug a hole|download a film|upload a video|print a book|print a ticket|read a book|read palms""".replace("\n", "").split("|")
VERBS = """paint|sell|buy|wash|eat|repair|draw|carry|break|clean|lift|hide|catch|cook|grow|cut|burn|freeze|love|visit|photograph|feed|ride|throw|kick|fold|polish|fill|empty|weigh|measure|
pronounce|spell|describe|invent|protect|rent|steal|borrow|decorate|dig up|melt|bend|glue|sew|heat|cool|dry|hunt|follow|chase|kiss|hug|greet|thank|blame|forgive|celebrate|avoid|survive""".replace("\n", "").split("|")
