"""Regions of the countries that keep several times: code, zone, names. Where a region keeps two, the larger part's stands."""

ZONES = {
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles", "AZ": "America/Phoenix",
    "AK": "America/Anchorage", "HI": "Pacific/Honolulu", "PR": "America/Puerto_Rico", "GU": "Pacific/Guam", "AS": "Pacific/Pago_Pago",
    "To": "America/Toronto", "Wi": "America/Winnipeg", "Re": "America/Regina", "Ed": "America/Edmonton", "Va": "America/Vancouver",
    "Ha": "America/Halifax", "Jo": "America/St_Johns", "Wh": "America/Whitehorse", "Iq": "America/Iqaluit",
    "Sy": "Australia/Sydney", "Me": "Australia/Melbourne", "Br": "Australia/Brisbane", "Ad": "Australia/Adelaide",
    "Da": "Australia/Darwin", "Pe": "Australia/Perth", "Hb": "Australia/Hobart",
    "SP": "America/Sao_Paulo", "Ma": "America/Manaus", "RB": "America/Rio_Branco", "Cu": "America/Cuiaba", "CG": "America/Campo_Grande",
    "PV": "America/Porto_Velho", "BV": "America/Boa_Vista", "Be": "America/Belem", "Fo": "America/Fortaleza", "Rf": "America/Recife",
    "Mc": "America/Maceio", "Bh": "America/Bahia", "Ar": "America/Araguaina",
    "Mx": "America/Mexico_City", "Cn": "America/Cancun", "Mr": "America/Merida", "My": "America/Monterrey", "Ch": "America/Chihuahua",
    "Hm": "America/Hermosillo", "Mz": "America/Mazatlan", "Tj": "America/Tijuana",
    "WI": "Asia/Jakarta", "Pk": "Asia/Pontianak", "WA": "Asia/Makassar", "WT": "Asia/Jayapura",
    "Ka": "Europe/Kaliningrad", "Mo": "Europe/Moscow", "Sm": "Europe/Samara", "Sa": "Europe/Saratov", "Ul": "Europe/Ulyanovsk",
    "As": "Europe/Astrakhan", "Vo": "Europe/Volgograd", "Ki": "Europe/Kirov", "Ye": "Asia/Yekaterinburg", "Om": "Asia/Omsk",
    "No": "Asia/Novosibirsk", "Bn": "Asia/Barnaul", "Tm": "Asia/Tomsk", "Nk": "Asia/Novokuznetsk", "Kr": "Asia/Krasnoyarsk",
    "Ir": "Asia/Irkutsk", "Ct": "Asia/Chita", "Yk": "Asia/Yakutsk", "Vl": "Asia/Vladivostok", "Sk": "Asia/Sakhalin", "Mg": "Asia/Magadan",
    "Km": "Asia/Kamchatka", "An": "Asia/Anadyr",
    "IC": "Atlantic/Canary", "AC": "Atlantic/Azores", "MD": "Atlantic/Madeira", "EI": "Pacific/Easter", "GL": "Pacific/Galapagos",
    "PU": "America/Punta_Arenas", "Lu": "Africa/Lubumbashi", "Kn": "Africa/Kinshasa",
}  # fmt: skip

REGIONS = {
    "US": """
        AL CT Alabama; AK AK Alaska; AZ AZ Arizona; AR CT Arkansas; CA PT California; CO MT Colorado; CT ET Connecticut; DE ET Delaware;
        DC ET District of Columbia|Washington DC|Washington D.C.; FL ET Florida; GA ET Georgia; HI HI Hawaii; ID MT Idaho;
        IL CT Illinois; IN ET Indiana; IA CT Iowa; KS CT Kansas; KY ET Kentucky; LA CT Louisiana; ME ET Maine; MD ET Maryland;
        MA ET Massachusetts; MI ET Michigan; MN CT Minnesota; MS CT Mississippi; MO CT Missouri; MT MT Montana; NE CT Nebraska;
        NV PT Nevada; NH ET New Hampshire; NJ ET New Jersey; NM MT New Mexico; NY ET New York; NC ET North Carolina; ND CT North Dakota;
        OH ET Ohio; OK CT Oklahoma; OR PT Oregon; PA ET Pennsylvania; RI ET Rhode Island; SC ET South Carolina; SD CT South Dakota;
        TN CT Tennessee; TX CT Texas; UT MT Utah; VT ET Vermont; VA ET Virginia; WA PT Washington|Washington State; WV ET West Virginia;
        WI CT Wisconsin; WY MT Wyoming; PR PR Puerto Rico; VI PR Virgin Islands; GU GU Guam; MP GU Northern Mariana Islands;
        AS AS American Samoa""",
    "CA": """
        AB Ed Alberta; BC Va British Columbia|Colombie-Britannique; MB Wi Manitoba; NB Ha New Brunswick; NL Jo Newfoundland and Labrador;
        NS Ha Nova Scotia; NT Ed Northwest Territories; NU Iq Nunavut; ON To Ontario; PE Ha Prince Edward Island; QC To Quebec|Québec|PQ;
        SK Re Saskatchewan; YT Wh Yukon|Yukon Territory""",
    "AU": """
        ACT Sy Australian Capital Territory; NSW Sy New South Wales; NT Da Northern Territory; QLD Br Queensland; SA Ad South Australia;
        TAS Hb Tasmania; VIC Me Victoria; WA Pe Western Australia""",
    "BR": """
        AC RB Acre; AL Mc Alagoas; AP Be Amapá; AM Ma Amazonas; BA Bh Bahia; CE Fo Ceará; DF SP Distrito Federal; ES SP Espírito Santo;
        GO SP Goiás; MA Fo Maranhão; MT Cu Mato Grosso; MS CG Mato Grosso do Sul; MG SP Minas Gerais; PA Be Pará; PB Fo Paraíba;
        PR SP Paraná; PE Rf Pernambuco; PI Fo Piauí; RJ SP Rio de Janeiro; RN Fo Rio Grande do Norte; RS SP Rio Grande do Sul;
        RO PV Rondônia; RR BV Roraima; SC SP Santa Catarina; SP SP São Paulo; SE Mc Sergipe; TO Ar Tocantins""",
    "MX": """
        AGU Mx Aguascalientes|AGS; BCN Tj Baja California|BC; BCS Mz Baja California Sur; CAM Mr Campeche; CHP Mx Chiapas|CHIS;
        CHH Ch Chihuahua|CHIH; CMX Mx Ciudad de México|CDMX|Mexico City|Distrito Federal|DF; COA My Coahuila|COAH|Coahuila de Zaragoza;
        COL Mx Colima; DUR My Durango|DGO; GUA Mx Guanajuato|GTO; GRO Mx Guerrero; HID Mx Hidalgo|HGO; JAL Mx Jalisco;
        MEX Mx México|Estado de México|Mexico State; MIC Mx Michoacán|MICH|Michoacán de Ocampo; MOR Mx Morelos; NAY Mz Nayarit;
        NLE My Nuevo León|NL; OAX Mx Oaxaca; PUE Mx Puebla; QUE Mx Querétaro|QRO; ROO Cn Quintana Roo|Q ROO; SLP Mx San Luis Potosí;
        SIN Mz Sinaloa; SON Hm Sonora; TAB Mx Tabasco; TAM My Tamaulipas|TAMPS; TLA Mx Tlaxcala|TLAX;
        VER Mx Veracruz|Veracruz de Ignacio de la Llave; YUC Mr Yucatán; ZAC Mx Zacatecas""",
    "ID": """
        AC WI Aceh; BA WA Bali; BB WI Kepulauan Bangka Belitung|Bangka Belitung; BE WI Bengkulu; BT WI Banten; GO WA Gorontalo; JA WI Jambi;
        JB WI Jawa Barat|West Java; JI WI Jawa Timur|East Java; JK WI DKI Jakarta|Jakarta|Jakarta Raya; JT WI Jawa Tengah|Central Java;
        KB Pk Kalimantan Barat|West Kalimantan; KI WA Kalimantan Timur|East Kalimantan; KR WI Kepulauan Riau|Riau Islands;
        KS WA Kalimantan Selatan|South Kalimantan; KT Pk Kalimantan Tengah|Central Kalimantan; KU WA Kalimantan Utara|North Kalimantan;
        LA WI Lampung; MA WT Maluku; MU WT Maluku Utara|North Maluku; NB WA Nusa Tenggara Barat|West Nusa Tenggara|NTB;
        NT WA Nusa Tenggara Timur|East Nusa Tenggara|NTT; PA WT Papua; PB WT Papua Barat|West Papua; PD WT Papua Barat Daya;
        PE WT Papua Pegunungan; PS WT Papua Selatan|South Papua; PT WT Papua Tengah|Central Papua; RI WI Riau;
        SA WA Sulawesi Utara|North Sulawesi; SB WI Sumatera Barat|West Sumatra; SG WA Sulawesi Tenggara|Southeast Sulawesi;
        SN WA Sulawesi Selatan|South Sulawesi; SR WA Sulawesi Barat|West Sulawesi; SS WI Sumatera Selatan|South Sumatra;
        ST WA Sulawesi Tengah|Central Sulawesi; SU WI Sumatera Utara|North Sumatra;
        YO WI DI Yogyakarta|Yogyakarta|Daerah Istimewa Yogyakarta""",
    "RU": """
        AD Mo Adygea; AL Bn Altai Republic; ALT Bn Altai Krai; AMU Yk Amur Oblast; ARK Mo Arkhangelsk Oblast|Arkhangelsk;
        AST As Astrakhan Oblast|Astrakhan; BA Ye Bashkortostan; BEL Mo Belgorod Oblast|Belgorod; BRY Mo Bryansk Oblast|Bryansk;
        BU Ir Buryatia; CE Mo Chechnya; CHE Ye Chelyabinsk Oblast|Chelyabinsk; CHU An Chukotka; CU Mo Chuvashia; DA Mo Dagestan;
        IN Mo Ingushetia; IRK Ir Irkutsk Oblast|Irkutsk; IVA Mo Ivanovo Oblast|Ivanovo; KAM Km Kamchatka Krai|Kamchatka;
        KB Mo Kabardino-Balkaria; KC Mo Karachay-Cherkessia; KDA Mo Krasnodar Krai|Krasnodar; KEM Nk Kemerovo Oblast|Kemerovo;
        KGD Ka Kaliningrad Oblast|Kaliningrad; KGN Ye Kurgan Oblast|Kurgan; KHA Vl Khabarovsk Krai|Khabarovsk; KHM Ye Khanty-Mansi;
        KIR Ki Kirov Oblast|Kirov; KK Kr Khakassia; KL Mo Kalmykia; KLU Mo Kaluga Oblast|Kaluga; KO Mo Komi;
        KOS Mo Kostroma Oblast|Kostroma;
        KR Mo Karelia; KRS Mo Kursk Oblast|Kursk; KYA Kr Krasnoyarsk Krai|Krasnoyarsk; LEN Mo Leningrad Oblast;
        LIP Mo Lipetsk Oblast|Lipetsk;
        MAG Mg Magadan Oblast|Magadan; ME Mo Mari El; MO Mo Mordovia; MOS Mo Moscow Oblast; MOW Mo Moscow|Moskva|Москва;
        MUR Mo Murmansk Oblast|Murmansk; NEN Mo Nenets; NGR Mo Novgorod Oblast; NIZ Mo Nizhny Novgorod Oblast|Nizhny Novgorod;
        NVS No Novosibirsk Oblast|Novosibirsk; OMS Om Omsk Oblast|Omsk; ORE Ye Orenburg Oblast|Orenburg; ORL Mo Oryol Oblast|Oryol;
        PER Ye Perm Krai|Perm; PNZ Mo Penza Oblast|Penza; PRI Vl Primorsky Krai|Primorye; PSK Mo Pskov Oblast|Pskov;
        ROS Mo Rostov Oblast|Rostov; RYA Mo Ryazan Oblast|Ryazan; SA Yk Sakha|Yakutia; SAK Sk Sakhalin Oblast|Sakhalin;
        SAM Sm Samara Oblast|Samara; SAR Sa Saratov Oblast|Saratov; SE Mo North Ossetia; SMO Mo Smolensk Oblast|Smolensk;
        SPE Mo Saint Petersburg|St. Petersburg|Санкт-Петербург; STA Mo Stavropol Krai|Stavropol; SVE Ye Sverdlovsk Oblast|Sverdlovsk;
        TA Mo Tatarstan; TAM Mo Tambov Oblast|Tambov; TOM Tm Tomsk Oblast|Tomsk; TUL Mo Tula Oblast|Tula; TVE Mo Tver Oblast|Tver;
        TY Kr Tuva; TYU Ye Tyumen Oblast|Tyumen; UD Sm Udmurtia; ULY Ul Ulyanovsk Oblast|Ulyanovsk; VGG Vo Volgograd Oblast|Volgograd;
        VLA Mo Vladimir Oblast|Vladimir; VLG Mo Vologda Oblast|Vologda; VOR Mo Voronezh Oblast|Voronezh; YAN Ye Yamalo-Nenets;
        YAR Mo Yaroslavl Oblast|Yaroslavl; YEV Vl Jewish Autonomous Oblast; ZAB Ct Zabaykalsky Krai|Zabaykalye""",
    # Mainland countries whose islands keep another time.
    "ES": "CN IC Canarias|Canary Islands|Las Palmas|Santa Cruz de Tenerife|GC|TF",
    "PT": "20 AC Azores|Açores; 30 MD Madeira",
    "CL": "EI EI Easter Island|Isla de Pascua; MA PU Magallanes",
    "EC": "W GL Galápagos",
    "CD": "KN Kn Kinshasa; HK Lu Haut-Katanga; NK Lu Nord-Kivu; SK Lu Sud-Kivu",
}  # fmt: skip
