"""Invented people, companies and places, for a charity in Paris and Kathmandu."""

FRENCH_GIVEN = (
    "Éloïse", "Gérard", "Maïlys", "Jean-François", "Anaïs", "Thibault", "Hélène", "Benoît", "Clémence", "Rémi",
    "Solène",
    "Loïc", "Marguerite", "Étienne", "Inès", "Gaëlle", "Aurélien", "Noémie", "Hugo", "Françoise", "Jérôme", "Léa",
    "Mathieu", "Odile", "Pascal", "Quitterie", "Raphaël", "Sabine", "Théo", "Valérie", "Yann", "Zoé",
)  # fmt: skip
FRENCH_FAMILY = (
    "d’Hérouville", "Lefèvre", "Çelik", "O’Connor", "Dubois-Martin", "Nguyen", "Béranger", "Castaing", "Delacroix",
    "Etcheverry", "Faure", "Garnier", "Hamon", "Île", "Joubert", "Kerloc’h",
    "Lemaître", "Morvan", "Nicolet", "Ouvrard",
    "Pélissier", "Quéméneur", "Rousseau", "Saint-Aubin", "Traoré", "Urvoy", "Vasseur", "Weber", "Yildiz", "Zimmermann",
)  # fmt: skip
NEPALI = (
    ("राम बहादुर", "श्रेष्ठ", "ram.shrestha"), ("सीता", "शर्मा", "sita.sharma"), ("हरि", "अधिकारी", "hari.adhikari"),
    ("Bishnu", "Gurung", "bishnu.gurung"), ("Pemba", "Sherpa", "pemba.sherpa"), ("कमला", "थापा", "kamala.thapa"),
    ("Dipendra", "Rai", "dipendra.rai"), ("Maya", "Tamang", "maya.tamang"), ("गोपाल", "कार्की", "gopal.karki"),
    ("Laxmi", "Maharjan", "laxmi.maharjan"), ("Suresh", "Bhattarai", "suresh.bhattarai"),
    ("Nirmala", "KC", "nirmala.kc"),
)  # fmt: skip
OTHERS = (
    ("Björn", "Ångström", "bjorn.angstrom", "SE", "Uppsala", "753 10"),
    ("Maria João", "Conceição e Silva", "mj.conceicao", "PT", "Lisboa", "1100-038"),
    ("Fiona", "McAllister", "fiona.mcallister", "GB", "Edinburgh", "EH1 1RE"),
    ("Wolfgang", "Freiherr von und zu Großkreutz-Hohenstaufen", "w.grosskreutz", "DE", "Köln", "50667"),
)
COMPANIES = (
    ("Fondation Émeraude", "Fondation", "contact@emeraude.example", "75008", "Paris", "999999980", 15_000_00),
    ("Boulangerie du Marché", "SARL", "bonjour@boulangerie-marche.example", "69001", "Lyon", "999999972", 300_00),
    ("Ateliers Textiles du Léman", "SAS", "rse@ateliers-leman.example", "74000", "Annecy", "999999964", 2_500_00),
    ("Cabinet Ferrand & Associés", "SELARL", "cabinet@ferrand.example", "33000", "Bordeaux", "999999956", 1_000_00),
    ("Librairie des Cimes", "EURL", "librairie@cimes.example", "38000", "Grenoble", "999999949", 150_00),
)
TOWNS = (
    ("75011", "Paris"), ("75018", "Paris"), ("92120", "Montrouge"), ("69003", "Lyon"), ("31000", "Toulouse"),
    ("44000", "Nantes"), ("67000", "Strasbourg"), ("33000", "Bordeaux"), ("59800", "Lille"), ("35000", "Rennes"),
    ("29200", "Brest"), ("13006", "Marseille"), ("34000", "Montpellier"), ("21000", "Dijon"),
)  # fmt: skip
STREETS = (
    "rue des Lilas", "avenue de la République", "boulevard Voltaire", "place du Marché", "chemin des Écoliers",
    "rue de l’Abbé-Grégoire", "impasse des Tisserands", "quai de la Fosse", "allée des Platanes",
)  # fmt: skip
NEPALI_STREETS = ("Lazimpat Road", "Jawalakhel", "Pulchowk", "Boudha Marg", "Thamel Marg")
