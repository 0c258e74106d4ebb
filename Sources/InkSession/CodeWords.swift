/// The words that codes are made of: 2048, sorted, of 3 to 8 letters from a to z.
///
/// They are to be said over the telephone and typed by people whose language is another. So no word begins with the first four letters of
/// another, or with all of one of three; two mistakes at least lie between any two, so that no single one makes a word of another; and none
/// sounds like another, is a number, a role, or rude (SE-210). A code names words by their place in this list: it stays as it is.
enum CodeWords {
    static let count = 2048
    /// Letters that tell a word from all others (SE-352).
    static let tellingLetters = 4

    static let all: [String] = text.split(whereSeparator: \.isWhitespace).map(String.init)

    /// The place of a word in the list; nil if it is not in it.
    static func index(of word: String) -> Int? {
        let place = lowerBound(word)
        return place < all.count && all[place] == word ? place : nil
    }

    /// The places of the words that begin with `start`.
    static func beginning(with start: String) -> Range<Int> {
        let first = lowerBound(start)
        return first..<(all[first...].firstIndex { !$0.hasPrefix(start) } ?? all.count)
    }

    /// The places of the words that one mistake makes `typed` of: a letter too many, one too few, another one, or two that changed places.
    static func oneMistake(from typed: String) -> [Int] {
        let letters = Array(typed.unicodeScalars)
        guard letters.count <= lettersMax + 1 else { return [] }
        let shared = Set(shortened(letters).flatMap { byShortened[$0] ?? [] })
        return shared.filter { isOneMistake(letters, Array(all[$0].unicodeScalars)) }.sorted()
    }

    /// Letters of the longest word.
    private static let lettersMax = 8

    private static func lowerBound(_ word: String) -> Int {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle] < word { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Words by themselves and by what is left without one of their letters: two texts that one mistake lies between share such a form.
    private static let byShortened: [String: [Int]] = {
        var table: [String: [Int]] = [:]
        for (index, word) in all.enumerated() {
            for form in shortened(Array(word.unicodeScalars)) { table[form, default: []].append(index) }
        }
        return table
    }()

    private static func shortened(_ letters: [Unicode.Scalar]) -> Set<String> {
        var forms: Set<String> = [String(String.UnicodeScalarView(letters))]
        for index in letters.indices {
            var fewer = letters
            fewer.remove(at: index)
            forms.insert(String(String.UnicodeScalarView(fewer)))
        }
        return forms
    }

    private static func isOneMistake(_ typed: [Unicode.Scalar], _ word: [Unicode.Scalar]) -> Bool {
        let same = zip(typed, word).prefix { $0 == $1 }.count
        let (rest, wanted) = (typed[same...], word[same...])
        guard rest.count == wanted.count else {
            return rest.count > wanted.count ? rest.dropFirst().elementsEqual(wanted) : rest.elementsEqual(wanted.dropFirst())
        }
        // Of equal texts nothing is left; they are no mistake.
        guard let first = rest.first else { return false }
        if rest.dropFirst().elementsEqual(wanted.dropFirst()) { return true }
        return rest.dropFirst().first == wanted.first && wanted.dropFirst().first == first
            && rest.dropFirst(2).elementsEqual(wanted.dropFirst(2))
    }

    private static let text = """
        ability absolute abstract acacia academy access acorn acrylic active actor actress actual adapter address admiral adoption adult
        advance advice aerial agate agent agree ahead aircraft airfield airline airport airship airway alarm album alchemy alert algae
        algebra alleyway alloy almond alone alpaca alphabet alright amber ambition amethyst amount anaconda analysis anatomy ancestor
        anchor ancient anecdote anime ankle annual answer antenna anthem antidote anvil anxious apart appeal apple approach april apron
        aquatic aqueduct arcade archive arctic argument armchair array arrival artery artist artwork ascent aspect asphalt assembly
        assist assure asteroid atelier athlete atoll atom attempt attic audience august aunt author autumn avatar average avocado avoid
        award away awesome axis axle baby bachelor backyard bacon badger bagel baggage bagpipe baguette bakery balance balcony balloon
        bamboo banana bandage banjo banner banquet barbecue bargain barker barley barrel basalt basement basilica basket bathtub battery
        bazaar beaker beam beanie beard beauty become bedding bedroom bedside bedtime beehive beetle beginner behave belief bell belong
        bench benefit berry beverage bicycle bigger bike binary biology birch birdie birthday biscuit bison bistro blade blanket blazer
        blender blind bliss blizzard block blogger blouse bluebird blur bobcat boiler bolt bonfire bongo bonnet bonsai bonus bookmark
        boost booth border borrow botany bottle boulder boundary bouquet boutique bowman boxer bracelet brain brand brave bread breeze
        brewery brick bridge brittle broccoli broken bronze broom brother browser brunch brush bubble bucket buddy budget buffalo buggy
        bugle building bulb bulletin bumper bundle bungalow bunker bureau burger burrito burst business busy butcher butler button buyer
        buzzer cabaret cabbage cabinet cable cacao cactus caffeine cage calcium calendar camel campaign canal cancel candle canister
        canopy canteen canvas canyon capacity capital capsule captain caramel carbon cardigan career cargo caribou carnival carousel
        carpet carriage cartoon carving cascade cashmere casino cassette castle casual catapult category catfish cautious cavity cedar
        ceiling celery cello cement central ceramic ceremony chair chalice chamber channel chapel charge chase chatter cheap checkout
        cheese chemical cherry chest chicken chilli chimney chisel chlorine choice choose chorus chrome chuckle chunk cider cilantro
        cinema cinnamon circus citadel citizen citrus city civic clarinet classic clean clerk clever client cliff climb clinic cloak
        closet clothing cloud clown club clutter coach coaster coating cobalt cobra cocktail coconut coffee coin college colon column
        combine comet comfort comic comment compass concrete conduct confetti connect console contact convoy cookie cooler copper
        cordial corgi corner corporal corridor corset cosmos costume cottage cougar counter coupon courtesy cover cowboy coyote cracker
        cradle crank crater crawl crayon craze creation credit creek crescent cricket crimson crisp critic crochet cross crouch crowd
        cruiser crutch crystal cubicle cuckoo cucumber cuddle cuisine culture cumin cupboard cupcake curious curry cursor curtain curve
        cushion customer cutlery cyborg cycle cylinder cypress daddy dahlia dainty daisy dancer dark dash database date daughter dawn
        daylight daytime deadline dealer debut decade december decision deep default defend define degree delay delivery delta demand
        denim dentist deposit depth deputy describe desert design desktop destiny detail detect detour develop device devotion diagram
        dialect diamond digest digital dignity dinghy dinner dinosaur diploma director discount disguise display district ditch diverse
        divide doctor document dodge dog dollar dolphin domain dome domino donation donkey doorbell dorm dosage doubt downtown draft
        dragon drainage drama drawer dream dredge dress drill drink driveway drone drummer duchess duke dump dungeon duration dusk duvet
        dwelling dynamo eager eagle early earnest earring earth eastern easy ebony echo eclipse ecology economy edge edition educator
        effect effort egg elastic elbow elder electric elegance element elephant elevator elite elixir elm email embassy emblem embrace
        emerald emotion emperor emphasis empire employee empty enable enamel endless energy engage engine enhance enjoy enormous
        ensemble entrance envelope envy epic episode equation equine eraser escape espresso essay estate estimate estuary eternity euro
        evening everyday evidence exact example excerpt exchange exercise exhibit exile exit expand expense explorer export express
        exterior extract eyebrow eyeliner eyesight fabric fabulous face facing factory faculty fairness falcon false family famous fancy
        fanfare fantasy farewell farmer fashion feature feed felt fence fern ferret festival fetch fiction fidelity fiesta figure
        filling film filter final finch finder finish firefly firmware fisher fitness fjord flagship flamingo flannel flare flask fleece
        flexible flick flight flint float flood floppy flora flourish flower fluid flush flute fly foam foliage folklore follow football
        forage force forest forklift format fortune forum fossil foster founder fox foyer fraction frame freezer freight frequent fresco
        friday friend fringe frog frontal frost frozen fruit fuel funny furnace further fuse fusion future fuzz gadget galaxy gallery
        gamma garage gardener garlic garment garnet garter gasoline gateway gather gazelle gearbox gecko gemstone generous genius gentle
        genuine geology geometry gesture geyser gherkin ghost giant gift giggle ginseng giraffe giveaway glacier glance glasses glaze
        glider glimpse glitch global glorious glossy glove glue gnome goat goblet goldfish golfer gondola gong goodbye goose gorge
        gorilla gourd gown graduate graffiti grammar granite grape grass grateful gravity grease greenery griffin grinder grizzly
        grocery groove grotto ground growth grub guardian guess guide guild guitar gulf guru gutter gym habitat hail haircut halftime
        hallway halogen hamlet hammer hamster handbag hanging happy hardware harmony harness harvest hatchet hawk hawthorn hazelnut
        headset healthy heart heater heavy hedgehog height helium helmet helper hen herald heritage heron herring hibiscus hickory
        hidden highway hillside hinge hip history hive hockey holder holiday hologram holster homework honey hook hopeful horizon hornet
        horse hospital hotel huge hull human humidity hungry husband hut hybrid hydrogen hyena hymn ibis iceberg icon ideal identify
        igloo image impact import improve impulse incense include income index indigo indoor industry infant infinity inform ink inlet
        insect inspire instant intake internet inventor ironing island item ivory ivy jacket jade jaguar janitor january jar jasmine
        jasper jazz jelly jet jewel jigsaw joke journey joystick jubilee judge judo jug juice jukebox jumpsuit junction jungle juniper
        justice kale kangaroo karate kayak kebab keen keeper kelp kennel ketchup kettle keyboard keyhole keypad keyring keystone khaki
        kidney kimono kindness kingdom kiosk kiss kitchen kite kiwi knee knife knitting knockout knot knuckle koala lab lacrosse ladder
        ladybug lagoon lakeside laminate lamp landing language lantern lapel laptop large lasagna laser latitude laugh laundry laurel
        lava lavender lawyer layout league learn leash leather lecture ledger leftover legacy legend leisure lemon length leopard lesson
        lettuce level library licorice lid lifetime lighter likely lilac lime limited linen lion lipstick liquid listen lithium litter
        livery load lobby lobster local locker locust loft logic logo lollipop longer lookout loom lorry lotion lotus lounge lovely
        loyalty lucky luggage lumber lunch luxury lynx lyric macaroni machine mackerel maestro magazine magic magma magnet magpie
        mahogany maiden mainland majesty major makeup mallard mammoth manager mandarin mango manhole manifold manpower mansion mantis
        manual maple marathon marble margin marigold market marsh marvel mascot mask massive master material matrix mattress mature
        maximum maze meadow meantime measure meatloaf mechanic medium medley melon memory mention mercy meringue mermaid mesh message
        metallic meteor method metric micro middle midnight midwife mighty milk millet mindset mineral minimum minute miracle mirror
        mission mitten mixture mobile modern module moisture molasses molecule moment mommy monday monitor monster monthly monument mood
        mop morale morning mortar mosaic mosquito mother motif motor motto mountain mouse movement movie mower mud mulberry mule muscle
        museum mushroom musical mustard mystic myth name napkin narrow native natural navy nearby nebula necklace nectar needle nephew
        nerve netting network neutral newborn newcomer nickel night ninja nitrogen nobility node noise noodle noon normal northern notch
        notepad notice nova november nozzle nucleus nugget nurse nutmeg nutrient nylon oak oasis oatmeal obelisk object observer
        obsidian obstacle obvious occasion ocean octagon october offer office offset oil okay old olive olympic omelet onion online only
        opening opera opinion option oracle orange orbit orchard orderly oregano organic origin ornament osprey ostrich otter ounce
        outage outboard outcome outdoor outfit outlet output outside oval oven overlay oxide oxygen oyster pacific package paddock
        pageant pagoda painter palace palette palm pamphlet pancake panda panel panorama panther papaya paper paprika papyrus paradise
        parcel parent parkway parody parrot parsley partner passion pasta pathway patient patrol pattern pause pavement paving paycheck
        payday payload payment peacock peanut pearl pebble pecan pedestal peer peg pelican pencil pendulum penguin pension people pepper
        perch perfect period permit person petal phantom pharmacy pheasant phone photo phrase physical piano pickup picnic picture piece
        pigeon piggy piglet pilgrim pillar pilot pinnacle pioneer pipeline pirate pitcher pixel pizza plaid planet plaque plaster
        platform player plaza please plenty plum plunge plywood podcast poem poetry point poker polar policy pollen polymer poncho pony
        popcorn poppy popsicle popular pork portal position possum postcard potato pottery pouch poultry powder powerful practice praise
        precise predict preface premium prepare pressure pretend prevent primrose prince priority prism privacy prize problem process
        product profile progress project prologue promise proof proposal prospect protein proud province prune public pudding puffin
        pulley pulse puma pumpkin pupil puppet purchase puree purple pursuit push putty puzzle pyramid python quality quantity quartz
        queen question quick quiet quill quince quote rabbit raccoon radar radish railway rainbow raisin ranch rapid rare ration rattle
        raven ravioli razor reach reader reality reason rebound rebuild recall receiver recipe record reduce redwood reef referral
        refill reflect reform refund register regular reindeer relative release rematch remedy reminder remote rental repair repeat
        replica reporter reprint reptile request rescue research resident resort response restore retire retro reverse review reward
        rhino rhubarb rhyme rhythm ribbon rich rickshaw rim rinse ripple risky ritual rival river roadway roar robin robot rocket rod
        roller romantic roommate rooster rope rosemary rotation roundup routine rowan royal rubber rucksack rudder rugby ruler runner
        runway rural rustic sack saddle safari safety saffron sailor salad salesman saloon salsa salute salvage samba samurai sandwich
        sapphire sardine satchel satire saturday sauce sauna sausage sawdust sawmill scale scarf scatter scene schedule school science
        scissors scooter score scout scratch screen script scroll sculptor seabed seafood seagull search seaside seatbelt seaweed secret
        sediment seedling seek segment select seller sender sensor sequence serpent service sesame session several shadow shaker shallow
        shamrock sharp shawl sheet shelf shepherd sheriff shield shift shingle shipment shire shock shoelace shortcut shoulder shovel
        shower shrimp shrub shuffle shuttle sidewalk sierra signal silence silicon silly silver similar simple singer siphon sister size
        skate skeleton sketch skill skirt sky sleeve sleigh slide slipper slogan slope sloth slug smart smelt smiley smoke smooth snail
        snake snapshot snow soap soccer sodium sofa software solid solution sonar sonic soprano sound southern souvenir soybean space
        spaniel sparrow spatula speaker special speed spell sphere spider spike spinach spirit splash split spoil spoken sponge spoon
        sport spray spread spring sprout square squeeze squirrel stable stadium stage stairway stallion stamina standard starling
        station steady steel stencil stereo steward sticker stingray stocking stomach stone storage straw street stripe stroke studio
        stuff stump style subject subtitle subway success suction sudden sugar suggest suitcase sultan summer sunday sunlight sunrise
        sunset support surface surgeon surprise survival sustain swamp swan sweater sweep swimsuit switch swivel sycamore syllable
        symbol symmetry sympathy syrup system tabby tablet tackle tadpole tag takeover talent talisman talk tandem tangle tanker
        tapestry target tattoo tavern taxi teacher teammate teapot teaspoon teddy teenager teeth telegram template tendon tennis tent
        terminal terrace textile thankful theme theory therapy thick thinker thirst thorn thread thrill throw thrush thumb thunder
        thursday tiara ticket tidy tie tiger timber timeline timid tissue titanium title toast toddler tofu together token tomato tongs
        tonight toolbox topaz topic torch tornado torrent tortoise total tough tourist towel township toy tractor trader traffic trailer
        tramway transit travel treasury trek trend triangle tribute tricycle trilogy tripod triumph trolley trombone trophy trousers
        truck truffle trumpet trust tsunami tube tuesday tulip tumble tuna tundra tunnel turbine turkey turmeric turnip turret turtle
        tutor tuxedo twilight twin twist typhoon typical ukulele umbrella uncle under unicorn uniform unique unity universe unlock
        unusual update upgrade upload upside urban urgent useful usual vacation vaccine vacuum valley valuable valve vampire vanilla
        variable varnish vase vault vector vehicle velvet vendor venue veranda verse vertical vessel victory video village vinegar
        vintage vinyl violin viper virtue visit visor visual vitamin voice volcano voltage volume voucher voyage waffle wagon waitress
        wake walkway wallet walnut walrus waltz wardrobe warmth washroom watch water wealth weasel weave webbing webcam webpage website
        weekend welcome weld werewolf western whale wheat wheel whistle white wicker widget width wife wig wildlife willow window winery
        winter wireless wisdom wish wizard wolf woman wonder woodland wool working world wormhole worth wrapper wreath wrench wrestle
        wrist writer yacht yard yearbook yeast yellow yield yoga yogurt yolk young youth zebra zinc zipper zodiac zombie zone zoo
        """
}
