"""Countries: ISO 3166 codes, the zone of those that keep one time, and the names carriers write.

Alpha-2, alpha-3, zone ("-" when the region decides), names. Islands and border towns with a time of their own are not
told apart from their mainland, except where `regions.py` names them.
"""

COUNTRIES = """\
AD AND Europe/Andorra Andorra
AE ARE Asia/Dubai United Arab Emirates|UAE
AF AFG Asia/Kabul Afghanistan
AG ATG America/Antigua Antigua & Barbuda
AI AIA America/Anguilla Anguilla
AL ALB Europe/Tirane Albania
AM ARM Asia/Yerevan Armenia
AO AGO Africa/Luanda Angola
AQ ATA - Antarctica
AR ARG America/Argentina/Buenos_Aires Argentina
AS ASM Pacific/Pago_Pago American Samoa|Samoa (American)
AT AUT Europe/Vienna Austria|Österreich
AU AUS - Australia
AW ABW America/Aruba Aruba
AX ALA Europe/Mariehamn Åland Islands
AZ AZE Asia/Baku Azerbaijan
BA BIH Europe/Sarajevo Bosnia & Herzegovina
BB BRB America/Barbados Barbados
BD BGD Asia/Dhaka Bangladesh
BE BEL Europe/Brussels Belgium|Belgien|Belgique|België
BF BFA Africa/Ouagadougou Burkina Faso
BG BGR Europe/Sofia Bulgaria
BH BHR Asia/Bahrain Bahrain
BI BDI Africa/Bujumbura Burundi
BJ BEN Africa/Porto-Novo Benin
BL BLM America/St_Barthelemy St. Barthélemy
BM BMU Atlantic/Bermuda Bermuda
BN BRN Asia/Brunei Brunei|Brunei Darussalam
BO BOL America/La_Paz Bolivia|Plurinational State of Bolivia
BQ BES America/Kralendijk Caribbean Netherlands|Caribbean NL
BR BRA - Brazil|Brasil
BS BHS America/Nassau Bahamas
BT BTN Asia/Thimphu Bhutan
BV BVT - Bouvet Island
BW BWA Africa/Gaborone Botswana
BY BLR Europe/Minsk Belarus
BZ BLZ America/Belize Belize
CA CAN - Canada
CC CCK Indian/Cocos Cocos (Keeling) Islands
CD COD - Congo - Kinshasa|Congo (Dem. Rep.)
CF CAF Africa/Bangui Central African Republic|Central African Rep.
CG COG Africa/Brazzaville Congo - Brazzaville|Congo (Rep.)
CH CHE Europe/Zurich Switzerland|Schweiz|Suisse|Svizzera
CI CIV Africa/Abidjan Côte d’Ivoire|Ivory Coast
CK COK Pacific/Rarotonga Cook Islands
CL CHL America/Santiago Chile
CM CMR Africa/Douala Cameroon
CN CHN Asia/Shanghai China|People's Republic of China|PR China|Mainland China|中国
CO COL America/Bogota Colombia
CR CRI America/Costa_Rica Costa Rica
CU CUB America/Havana Cuba
CV CPV Atlantic/Cape_Verde Cape Verde
CW CUW America/Curacao Curaçao
CX CXR Indian/Christmas Christmas Island
CY CYP Asia/Nicosia Cyprus
CZ CZE Europe/Prague Czechia|Czech Republic
DE DEU Europe/Berlin Germany|Deutschland|Allemagne|Alemania
DJ DJI Africa/Djibouti Djibouti
DK DNK Europe/Copenhagen Denmark|Danmark
DM DMA America/Dominica Dominica
DO DOM America/Santo_Domingo Dominican Republic
DZ DZA Africa/Algiers Algeria
EC ECU America/Guayaquil Ecuador
EE EST Europe/Tallinn Estonia
EG EGY Africa/Cairo Egypt
EH ESH Africa/El_Aaiun Western Sahara
ER ERI Africa/Asmara Eritrea
ES ESP Europe/Madrid Spain|España|Spanien
ET ETH Africa/Addis_Ababa Ethiopia
FI FIN Europe/Helsinki Finland
FJ FJI Pacific/Fiji Fiji
FK FLK Atlantic/Stanley Falkland Islands
FM FSM - Micronesia
FO FRO Atlantic/Faroe Faroe Islands
FR FRA Europe/Paris France|Frankreich
GA GAB Africa/Libreville Gabon
GB GBR Europe/London United Kingdom|Britain (UK)|UK|Great Britain|England|Scotland|Wales|Northern Ireland
GD GRD America/Grenada Grenada
GE GEO Asia/Tbilisi Georgia
GF GUF America/Cayenne French Guiana
GG GGY Europe/Guernsey Guernsey
GH GHA Africa/Accra Ghana
GI GIB Europe/Gibraltar Gibraltar
GL GRL America/Nuuk Greenland
GM GMB Africa/Banjul Gambia
GN GIN Africa/Conakry Guinea
GP GLP America/Guadeloupe Guadeloupe
GQ GNQ Africa/Malabo Equatorial Guinea
GR GRC Europe/Athens Greece
GS SGS Atlantic/South_Georgia South Georgia & South Sandwich Islands|South Georgia & the South Sandwich Islands
GT GTM America/Guatemala Guatemala
GU GUM Pacific/Guam Guam
GW GNB Africa/Bissau Guinea-Bissau
GY GUY America/Guyana Guyana
HK HKG Asia/Hong_Kong Hong Kong SAR China|Hong Kong
HM HMD - Heard & McDonald Islands|Heard Island & McDonald Islands
HN HND America/Tegucigalpa Honduras
HR HRV Europe/Zagreb Croatia
HT HTI America/Port-au-Prince Haiti
HU HUN Europe/Budapest Hungary
ID IDN - Indonesia|印度尼西亚
IE IRL Europe/Dublin Ireland
IL ISR Asia/Jerusalem Israel
IM IMN Europe/Isle_of_Man Isle of Man
IN IND Asia/Kolkata India
IO IOT Indian/Chagos British Indian Ocean Territory
IQ IRQ Asia/Baghdad Iraq
IR IRN Asia/Tehran Iran|Islamic Republic of Iran
IS ISL Atlantic/Reykjavik Iceland
IT ITA Europe/Rome Italy|Italia|Italien
JE JEY Europe/Jersey Jersey
JM JAM America/Jamaica Jamaica
JO JOR Asia/Amman Jordan
JP JPN Asia/Tokyo Japan|日本
KE KEN Africa/Nairobi Kenya
KG KGZ Asia/Bishkek Kyrgyzstan
KH KHM Asia/Phnom_Penh Cambodia
KI KIR - Kiribati
KM COM Indian/Comoro Comoros
KN KNA America/St_Kitts St. Kitts & Nevis
KP PRK Asia/Pyongyang North Korea|Korea (North)|Democratic People's Republic of Korea
KR KOR Asia/Seoul South Korea|Korea (South)|Korea|Republic of Korea|Korea, Republic of
KW KWT Asia/Kuwait Kuwait
KY CYM America/Cayman Cayman Islands
KZ KAZ Asia/Almaty Kazakhstan
LA LAO Asia/Vientiane Laos|Lao People's Democratic Republic
LB LBN Asia/Beirut Lebanon
LC LCA America/St_Lucia St. Lucia
LI LIE Europe/Vaduz Liechtenstein
LK LKA Asia/Colombo Sri Lanka
LR LBR Africa/Monrovia Liberia
LS LSO Africa/Maseru Lesotho
LT LTU Europe/Vilnius Lithuania
LU LUX Europe/Luxembourg Luxembourg
LV LVA Europe/Riga Latvia
LY LBY Africa/Tripoli Libya
MA MAR Africa/Casablanca Morocco
MC MCO Europe/Monaco Monaco
MD MDA Europe/Chisinau Moldova|Republic of Moldova
ME MNE Europe/Podgorica Montenegro
MF MAF America/Marigot St. Martin|St Martin (French)
MG MDG Indian/Antananarivo Madagascar
MH MHL Pacific/Majuro Marshall Islands
MK MKD Europe/Skopje North Macedonia|Macedonia
ML MLI Africa/Bamako Mali
MM MMR Asia/Yangon Myanmar (Burma)
MN MNG - Mongolia
MO MAC Asia/Macau Macao SAR China|Macau|Macao
MP MNP Pacific/Saipan Northern Mariana Islands
MQ MTQ America/Martinique Martinique
MR MRT Africa/Nouakchott Mauritania
MS MSR America/Montserrat Montserrat
MT MLT Europe/Malta Malta
MU MUS Indian/Mauritius Mauritius
MV MDV Indian/Maldives Maldives
MW MWI Africa/Blantyre Malawi
MX MEX - Mexico
MY MYS Asia/Kuala_Lumpur Malaysia
MZ MOZ Africa/Maputo Mozambique
NA NAM Africa/Windhoek Namibia
NC NCL Pacific/Noumea New Caledonia
NE NER Africa/Niamey Niger
NF NFK Pacific/Norfolk Norfolk Island
NG NGA Africa/Lagos Nigeria
NI NIC America/Managua Nicaragua
NL NLD Europe/Amsterdam Netherlands|Holland|The Netherlands|Nederland|Niederlande
NO NOR Europe/Oslo Norway|Norge
NP NPL Asia/Kathmandu Nepal
NR NRU Pacific/Nauru Nauru
NU NIU Pacific/Niue Niue
NZ NZL Pacific/Auckland New Zealand
OM OMN Asia/Muscat Oman
PA PAN America/Panama Panama
PE PER America/Lima Peru
PF PYF Pacific/Tahiti French Polynesia
PG PNG Pacific/Port_Moresby Papua New Guinea
PH PHL Asia/Manila Philippines
PK PAK Asia/Karachi Pakistan
PL POL Europe/Warsaw Poland|Polen|Polska
PM SPM America/Miquelon St. Pierre & Miquelon
PN PCN Pacific/Pitcairn Pitcairn Islands|Pitcairn
PR PRI America/Puerto_Rico Puerto Rico
PS PSE Asia/Gaza Palestinian Territories|Palestine
PT PRT Europe/Lisbon Portugal
PW PLW Pacific/Palau Palau
PY PRY America/Asuncion Paraguay
QA QAT Asia/Qatar Qatar
RE REU Indian/Reunion Réunion
RO ROU Europe/Bucharest Romania
RS SRB Europe/Belgrade Serbia
RU RUS - Russia|Russian Federation
RW RWA Africa/Kigali Rwanda
SA SAU Asia/Riyadh Saudi Arabia
SB SLB Pacific/Guadalcanal Solomon Islands
SC SYC Indian/Mahe Seychelles
SD SDN Africa/Khartoum Sudan
SE SWE Europe/Stockholm Sweden|Sverige|Schweden
SG SGP Asia/Singapore Singapore
SH SHN Atlantic/St_Helena St. Helena
SI SVN Europe/Ljubljana Slovenia
SJ SJM Arctic/Longyearbyen Svalbard & Jan Mayen
SK SVK Europe/Bratislava Slovakia
SL SLE Africa/Freetown Sierra Leone
SM SMR Europe/San_Marino San Marino
SN SEN Africa/Dakar Senegal
SO SOM Africa/Mogadishu Somalia
SR SUR America/Paramaribo Suriname
SS SSD Africa/Juba South Sudan
ST STP Africa/Sao_Tome São Tomé & Príncipe
SV SLV America/El_Salvador El Salvador
SX SXM America/Lower_Princes Sint Maarten|St Maarten (Dutch)
SY SYR Asia/Damascus Syria|Syrian Arab Republic
SZ SWZ Africa/Mbabane Eswatini|Eswatini (Swaziland)|Swaziland
TC TCA America/Grand_Turk Turks & Caicos Islands|Turks & Caicos Is
TD TCD Africa/Ndjamena Chad
TF ATF Indian/Kerguelen French Southern Territories|French S. Terr.
TG TGO Africa/Lome Togo
TH THA Asia/Bangkok Thailand
TJ TJK Asia/Dushanbe Tajikistan
TK TKL Pacific/Fakaofo Tokelau
TL TLS Asia/Dili Timor-Leste|East Timor
TM TKM Asia/Ashgabat Turkmenistan
TN TUN Africa/Tunis Tunisia
TO TON Pacific/Tongatapu Tonga
TR TUR Europe/Istanbul Türkiye|Turkey
TT TTO America/Port_of_Spain Trinidad & Tobago
TV TUV Pacific/Funafuti Tuvalu
TW TWN Asia/Taipei Taiwan|Taiwan, China|Chinese Taipei
TZ TZA Africa/Dar_es_Salaam Tanzania|United Republic of Tanzania
UA UKR Europe/Kyiv Ukraine
UG UGA Africa/Kampala Uganda
UM UMI - U.S. Outlying Islands|US minor outlying islands
US USA - United States|USA|United States of America|Estados Unidos|Vereinigte Staaten
UY URY America/Montevideo Uruguay
UZ UZB Asia/Tashkent Uzbekistan
VA VAT Europe/Vatican Vatican City|Holy See
VC VCT America/St_Vincent St. Vincent & Grenadines|St Vincent
VE VEN America/Caracas Venezuela|Bolivarian Republic of Venezuela
VG VGB America/Tortola British Virgin Islands|Virgin Islands (UK)
VI VIR America/St_Thomas U.S. Virgin Islands|Virgin Islands (US)
VN VNM Asia/Ho_Chi_Minh Vietnam
VU VUT Pacific/Efate Vanuatu
WF WLF Pacific/Wallis Wallis & Futuna
WS WSM Pacific/Apia Samoa|Samoa (western)
YE YEM Asia/Aden Yemen
YT MYT Indian/Mayotte Mayotte
ZA ZAF Africa/Johannesburg South Africa
ZM ZMB Africa/Lusaka Zambia
ZW ZWE Africa/Harare Zimbabwe
"""
